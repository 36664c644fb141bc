//! What a service answers about a job: that it took it, how it stands, what came out.

use super::support::{Server, TOKEN, Told, json, parts, run, task, text};
use arcgis_analysis::report::Report;
use arcgis_analysis::{Credentials, JobRef, JobToken, Portal};
use serde_json::{Value, json as object};
use std::time::Duration;

const SERVICE: &str =
    "https://gis.example.org/server/rest/services/System/SpatialAnalysisTools/GPServer";

/// The parts are the answers to a submit and to everything after it.
///
/// It ends. A submit that may have made a job is not sent again. Everything is asked of the portal and of the job's own
/// URL, which lies below the service's, and which names the job to whoever resumes it. Errors show no secret, and tell
/// of the job once there is one.
pub fn job(data: &[u8]) {
    let parts = parts(data);
    let portal = object!({ "user": { "username": "ada" }, "helperServices": { "analysis": { "url": SERVICE } } });
    let server = Server::new(&[TOKEN], [("/portals/self", portal)], &parts);
    run(life(&server));
    let jobs = format!("{SERVICE}/CreateBuffers/");
    server.check(|_, url| {
        url.as_str()
            .starts_with("https://gis.example.org/portal/sharing/rest/")
            || url.as_str().starts_with(&jobs)
    });
    let asked = server.asked();
    for asked in &asked {
        let url = asked.request.url();
        assert!(url.starts_with("https://gis.example.org/"), "{url}");
    }
    let submits = asked
        .iter()
        .filter(|a| a.request.url().contains("/submitJob"));
    let submits: Vec<_> = submits.collect();
    for submit in &submits[..submits.len().saturating_sub(1)] {
        assert!(!may_have_made_a_job(&submit.told), "{:?}", submit.told);
    }
}

/// Whether an answer leaves it possible that there is a job now.
fn may_have_made_a_job(told: &Told) -> bool {
    use arcgis_analysis::transport::TransportErrorKind::NotSent;
    match told {
        Told::Broken(kind) => *kind != NotSent,
        Told::Answer { status, body, .. } => {
            let id = json(body).and_then(|body| body.get("jobId").cloned());
            (200..300).contains(status) && id.as_ref().is_some_and(Value::is_string)
        }
    }
}

async fn life(server: &Server) {
    let builder = Portal::builder("https://gis.example.org/portal")
        .credentials(Credentials::token(TOKEN))
        .transport(server.clone());
    let portal = builder.connect().await.unwrap();
    let task = task(b"CreateBuffers");
    let params = object!({ "inputLayer": { "url": "https://example.com/FeatureServer/0" }, "distances": [1] });
    let job = match portal.submit_entry(task, params).await {
        Ok(job) => job,
        Err(error) => {
            assert!(error.job_url().is_none(), "{error}");
            return server.check_error(&error);
        }
    };
    server.hidden(&format!("{job:?} {}", job.token()));
    let below = job
        .url()
        .strip_prefix(&format!("{SERVICE}/CreateBuffers/jobs/"));
    assert!(
        below.is_some_and(|id| !id.is_empty() && !id.contains(['/', '?', '#'])),
        "{}",
        job.url()
    );
    assert_eq!(JobRef::from(job.url()).url().unwrap(), job.url());
    let token: JobToken = job.token().to_string().parse().unwrap();
    assert_eq!((token.job_url(), token.job_id()), (job.url(), job.id()));
    assert_eq!(portal.resume_entry(task, &token).unwrap().url(), job.url());
    let check = |error: &arcgis_analysis::Error| {
        server.check_error(error);
        assert_eq!(error.job_url(), Some(job.url()), "{error}");
    };
    match job.wait(Some(Duration::from_secs(600))).await {
        Err(error) => check(&error),
        Ok(info) => {
            assert!(info.status.is_terminal());
            match job.outputs().await {
                Err(error) => check(&error),
                Ok(outputs) => {
                    for (name, value) in outputs.iter() {
                        assert!(!name.is_empty() || !value.is_null());
                    }
                    match Report::new(task.meta, job.url(), &info, outputs) {
                        Ok(report) => server.hidden(&report.to_json().to_string()),
                        Err(error) => assert!(!error.to_string().is_empty()),
                    }
                }
            }
        }
    }
    if let Err(error) = job.stop(Duration::from_secs(60)).await {
        check(&error);
    }
}

/// A document that describes a job: what is read of it is written as it is read again.
pub fn job_document(data: &[u8]) {
    use arcgis_analysis::JobInfo;
    let Some(document) = json(data) else { return };
    match JobInfo::from_json(document) {
        Err(problem) => assert!(!problem.is_empty()),
        Ok(job) => {
            for message in &job.messages {
                let (text, code) = (message.text(), message.message_code());
                assert!(code.is_none_or(|code| !code.is_empty()), "{text}");
                let _ = message.params();
            }
            assert_eq!(JobInfo::from_json(job.to_json()), Ok(job));
        }
    }
    let _ = text(data);
}
