//! The local service, as far as the command line knows it.

use arcgis_analysis::types::meta::TaskMeta;
use arcgis_analysis_local::Support;

/// How a task is computed without a portal, in one word, and what differs or is missing.
pub(crate) fn support(meta: &TaskMeta) -> (&'static str, Option<&'static str>) {
    match arcgis_analysis_local::support(meta) {
        Support::Exact => ("exact", None),
        Support::Approximate(how) => ("approximate", Some(how)),
        Support::Unavailable(why) => ("unavailable", Some(why)),
        _ => ("unknown", None),
    }
}
