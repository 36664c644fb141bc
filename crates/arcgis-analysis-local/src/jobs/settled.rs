//! What Esri's own clients send beside what is meant.

use arcgis_analysis_types::meta::{TaskMeta, VariantMeta};
use serde_json::Value;

/// Leaves out the parameters of variants that were begun, where another of their group was given in full.
///
/// Esri's Python client names a type of bins even where areas to count in are given. Returns the names.
pub(super) fn leave_out_begun(meta: &TaskMeta, params: &mut Value) -> Vec<&'static str> {
    let Some(members) = params.as_object_mut() else {
        return Vec::new();
    };
    let mut left_out = Vec::new();
    for group in meta.groups {
        let given = |name: &&str| members.get(*name).is_some_and(|value| !value.is_null());
        let needs = |name: &&str| meta.param(name).is_some_and(|param| param.required);
        let is_full = |variant: &&VariantMeta| {
            let mut needed = variant.params.iter().filter(|name| needs(name));
            variant.params.iter().any(&given) && needed.all(given)
        };
        let full: Vec<_> = group.variants.iter().filter(is_full).collect();
        let [meant] = full.as_slice() else {
            continue;
        };
        let begun = group.variants.iter().flat_map(|variant| variant.params);
        for name in begun.filter(|name| !meant.params.contains(name)) {
            if members
                .shift_remove(*name)
                .is_some_and(|value| !value.is_null())
            {
                left_out.push(*name);
            }
        }
    }
    left_out
}

/// What Esri's Python client sends where nothing is said, though it has no place there: a size of 1 with bins of H3, which
/// have resolutions.
///
/// Returns the name if it was left out.
pub(super) fn leave_out_size(meta: &TaskMeta, params: &mut Value) -> Option<&'static str> {
    let members = params.as_object_mut()?;
    let is_h3 = members
        .get("binType")?
        .as_str()?
        .eq_ignore_ascii_case("H3_Hexagon");
    let is_default = members.get("binSize")?.as_f64()? == 1.0;
    (meta.name == "GenerateTessellations" && is_h3 && is_default).then(|| {
        members.shift_remove("binSize");
        "binSize"
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use serde_json::json;

    #[test]
    fn of_a_variant_in_full_and_one_begun_the_full_one_is_meant() {
        let entry = arcgis_analysis_spatial::TASKS
            .iter()
            .find(|entry| entry.meta.name == "AggregatePoints");
        let meta = entry.unwrap().meta;
        let left = |mut params: Value| {
            let left = leave_out_begun(meta, &mut params);
            (left, params)
        };
        let lone = json!({ "polygonLayer": "u", "binType": "SQUARE" });
        assert_eq!(
            left(lone),
            (vec!["binType"], json!({ "polygonLayer": "u" }))
        );
        let bins = json!({ "binType": "SQUARE", "binSize": 1, "binSizeUnit": "Miles" });
        assert_eq!(left(bins.clone()), (vec![], bins.clone()));
        // Both in full is for the task to refuse.
        let mut both = bins;
        both["polygonLayer"] = "u".into();
        assert_eq!(left(both.clone()), (vec![], both));
        let neither = json!({ "binType": "SQUARE" });
        assert_eq!(left(neither.clone()), (vec![], neither));
    }

    #[test]
    fn a_size_of_one_has_no_place_with_bins_of_h3() {
        let entry = arcgis_analysis_spatial::TASKS
            .iter()
            .find(|entry| entry.meta.name == "GenerateTessellations");
        let meta = entry.unwrap().meta;
        for (kind, size, left) in [
            ("H3_HEXAGON", 1, true),
            ("H3_Hexagon", 2, false),
            ("SQUARE", 1, false),
        ] {
            let mut params = json!({ "binType": kind, "binSize": size });
            assert_eq!(leave_out_size(meta, &mut params).is_some(), left, "{kind}");
            assert_eq!(params.get("binSize").is_none(), left, "{kind}");
        }
    }
}
