//! Where clauses over a layer.

use arcgis_analysis_engine::WhereClause;
use arcgis_analysis_types::{Attributes, Field};

/// A where clause that has been read.
#[derive(Debug)]
pub(crate) enum Filter {
    /// Every feature.
    All,
    /// Those for which a clause holds.
    Clause(WhereClause),
}

impl Filter {
    /// Reads a where clause over these fields.
    ///
    /// # Errors
    /// Says what is wrong with it.
    pub(crate) fn parse(text: &str, fields: &[Field]) -> Result<Self, String> {
        let bare: String = text.split_whitespace().collect();
        if bare.is_empty() || bare == "1=1" {
            return Ok(Self::All);
        }
        let clause = WhereClause::parse(text, fields).map_err(|error| error.to_string())?;
        Ok(Self::Clause(clause))
    }

    /// Whether a feature is selected.
    pub(crate) fn admits(&self, attributes: &Attributes) -> bool {
        match self {
            Self::All => true,
            Self::Clause(clause) => clause.matches(attributes),
        }
    }
}
