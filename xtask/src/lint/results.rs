//! Results.

use super::Task;
use crate::diagnostic::{Code, Finding};

pub(super) fn task(task: &Task<'_>, findings: &mut Vec<Finding>) {
    let results = &task.spec.results;
    for (i, result) in results.iter().enumerate() {
        let at = format!("/results/{i}");
        if let Some(first) = results[..i]
            .iter()
            .position(|r| r.name.eq_ignore_ascii_case(&result.name))
        {
            let message = format!(
                "`{}` is there already; the wire does not tell letter cases apart",
                result.name
            );
            let finding = task.at(Code::DuplicateResult, &format!("{at}/name"), message);
            let finding = finding.label(
                task.document.span(&format!("/results/{first}/name")),
                "first here",
            );
            findings.push(finding.help("remove one of them, or correct its name"));
        }
        match (&result.when, result.always) {
            (Some(_), true) => {
                let message = format!("`{}` always comes, so there is no `when`", result.name);
                let finding = task.at_key(Code::ResultWhen, &format!("{at}/when"), message);
                findings.push(finding.help("remove `when`, or make `always` false"));
            }
            (None, false) => {
                let message = format!("nothing says when `{}` comes", result.name);
                let finding = task.at(Code::ResultWhen, &format!("{at}/always"), message);
                findings
                    .push(finding.help("say it in `when`, as a clause that follows \"only when\""));
            }
            _ => {}
        }
    }
}
