//! Where the ledger of this user is.

use crate::connection::variable;
use crate::failure::Failure;
use arcgis_analysis::Ledger;
use etcetera::BaseStrategy;
use std::path::PathBuf;

/// The folder in which this program keeps what must outlive it: `ARCGIS_ANALYSIS_STATE`, or the system's place for
/// such things.
pub(crate) fn folder() -> Result<PathBuf, Failure> {
    if let Some(folder) = variable("ARCGIS_ANALYSIS_STATE") {
        return Ok(folder.into());
    }
    let homeless = |_| {
        Failure::usage(
            "there is no home folder to keep the ledger of jobs in; set ARCGIS_ANALYSIS_STATE to a folder",
        )
    };
    let places = etcetera::choose_base_strategy().map_err(homeless)?;
    let state = places.state_dir().unwrap_or_else(|| places.data_dir());
    Ok(state.join("arcgis-analysis"))
}

/// The ledger.
pub(crate) fn open() -> Result<Ledger, Failure> {
    Ok(Ledger::open(folder()?)?)
}
