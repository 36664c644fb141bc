//! What a task would cost.

use crate::connection::Place;
use crate::failure::Failure;
use crate::interrupt::{Stage, unless_interrupted};
use crate::run::runtime;
use crate::{print, task_args};
use arcgis_analysis::types::TaskEntry;
use arcgis_analysis::{CreditEstimate, Polling};
use clap::ArgMatches;
use serde_json::json;
use std::cell::RefCell;

/// Asks the portal what a task would cost, and prints it.
pub(crate) fn estimate(task: &'static TaskEntry, matches: &ArgMatches) -> Result<(), Failure> {
    let params = task_args::params(task, matches)?;
    let place = Place::of(matches, None)?;
    let stage = RefCell::new(Stage::Before);
    let work = async {
        let connection = place.connect(Polling::default(), None, None).await?;
        Ok(connection.portal.estimate_entry(task, params).await?)
    };
    let estimate: CreditEstimate = runtime()?.block_on(unless_interrupted(&stage, false, work))?;
    if matches.get_flag("json") {
        return print::document(&json!({
            "task": task.meta.name,
            "service": task.meta.service.id,
            "cost": estimate.cost,
            "maximum": estimate.maximum,
            "note": estimate.note,
        }));
    }
    print::text(&sentence(&estimate))
}

fn sentence(estimate: &CreditEstimate) -> String {
    let most = credits(estimate.maximum);
    let cost = match estimate.cost {
        Some(cost) if cost == estimate.maximum => most,
        Some(cost) => format!("{}, at most {most}", credits(cost)),
        None => format!("at most {most}"),
    };
    match &estimate.note {
        Some(note) => format!("{cost}\n{note}"),
        None => cost,
    }
}

fn credits(credits: f64) -> String {
    let plural = if credits == 1.0 { "" } else { "s" };
    format!("{credits} credit{plural}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cost_is_said_in_few_words() {
        assert_eq!(credits(1.0), "1 credit");
        assert_eq!(credits(0.002), "0.002 credits");
    }
}
