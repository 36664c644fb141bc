#![allow(clippy::unwrap_used)]

use super::*;

#[test]
fn knows_every_state_and_which_are_the_end() {
    // The states of the geoprocessing service's job resource, and whether each is final.
    for (word, terminal) in [
        ("esriJobNew", false),
        ("esriJobWaiting", false),
        ("esriJobSubmitted", false),
        ("esriJobExecuting", false),
        ("esriJobCancelling", false),
        ("esriJobCancelled", true),
        ("esriJobFailed", true),
        ("esriJobTimedOut", true),
        ("esriJobSucceeded", true),
        ("esriJobDeleting", false),
        ("esriJobDeleted", true),
    ] {
        let status = JobStatus::from_wire(word);
        assert!(!matches!(status, JobStatus::Unknown(_)), "{word}");
        assert_eq!((status.as_str(), status.is_terminal()), (word, terminal));
        assert_eq!(JobStatus::from_wire(&word.to_uppercase()), status);
    }
    let unknown = JobStatus::from_wire("expectedFailure");
    assert_eq!(
        (unknown.as_str(), unknown.is_terminal()),
        ("expectedFailure", false)
    );
    assert_eq!(
        serde_json::to_string(&unknown).unwrap(),
        "\"expectedFailure\""
    );
    assert_eq!(
        serde_json::from_str::<JobStatus>("\"expectedFailure\"").unwrap(),
        unknown
    );
}

#[test]
fn knows_every_type_of_message() {
    for kind in [
        "Informative",
        "Warning",
        "Error",
        "ProcessDefinition",
        "ProcessStart",
        "ProcessStop",
        "Empty",
        "Abort",
    ] {
        let word = format!("esriJobMessageType{kind}");
        let kind = MessageType::from_wire(&word);
        assert!(!matches!(kind, MessageType::Unknown(_)), "{word}");
        assert_eq!(kind.as_str(), word);
    }
    assert_eq!(
        MessageType::from_wire("esriOther"),
        MessageType::Unknown("esriOther".to_owned())
    );
}

#[test]
fn reads_a_whole_job() {
    let json = json!({
        "jobId": "j1",
        "jobStatus": "esriJobExecuting",
        "messages": [{ "type": "esriJobMessageTypeWarning", "description": "careful" }],
        "progress": { "type": "step", "message": "Buffering", "percent": 40.0 },
        "results": { "bufferLayer": { "paramUrl": "results/bufferLayer" } },
        "inputs": { "inputLayer": { "paramUrl": "inputs/inputLayer" } },
    });
    let job = JobInfo::from_json(json.clone()).unwrap();
    assert_eq!(job.status, JobStatus::Executing);
    assert_eq!(
        job.messages,
        [JobMessage::new(MessageType::Warning, "careful")]
    );
    let progress = JobProgress {
        message: Some("Buffering".to_owned()),
        percent: Some(40.0),
    };
    assert_eq!(job.progress, Some(progress));
    assert_eq!(
        job.results,
        [(
            "bufferLayer".to_owned(),
            json!({ "paramUrl": "results/bufferLayer" })
        )]
    );
    assert_eq!(JobInfo::from_json(job.to_json()), Ok(job));
}

#[test]
fn takes_a_job_without_more_than_its_state() {
    for json in [
        json!({ "jobId": "j1", "jobStatus": "esriJobNew" }),
        json!({ "jobId": "j1", "jobStatus": "esriJobNew", "messages": null, "results": null, "progress": null }),
        json!({ "jobId": "j1", "jobStatus": "esriJobNew", "messages": {}, "results": [], "progress": "40" }),
    ] {
        let job = JobInfo::from_json(json).unwrap();
        assert_eq!(job.status, JobStatus::New);
        assert_eq!(
            (job.messages.len(), job.results.len(), job.progress),
            (0, 0, None)
        );
    }
}

#[test]
fn takes_messages_of_any_shape() {
    let json = json!({ "jobId": "j1", "jobStatus": "esriJobFailed", "messages": [
        "bare",
        { "description": "untyped" },
        { "type": "esriJobMessageTypeError", "description": { "messageCode": "AO_1", "message": "object" } },
        { "type": "esriJobMessageTypeEmpty", "description": null },
    ] });
    let messages = JobInfo::from_json(json).unwrap().messages;
    let texts: Vec<_> = messages.iter().map(JobMessage::text).collect();
    assert_eq!(texts, ["bare", "untyped", "object", ""]);
    assert_eq!(messages[2].message_code().as_deref(), Some("AO_1"));
    assert_eq!(messages[0].message_type, MessageType::Informative);
}

#[test]
fn a_message_moves_no_cursor() {
    for (description, text) in [
        ("one\r\ntwo\tthree", "one\ntwo\tthree"),
        ("\u{1b}[2Jgone\u{7}", " [2Jgone "),
        (
            r#"{"message":"\u001b]0;${a}\u0007","params":{"a":"x\u009b"}}"#,
            " ]0;x  ",
        ),
    ] {
        let message = JobMessage::new(MessageType::Warning, description);
        assert_eq!(message.text(), text);
        assert_eq!(message.description, description);
    }
}

#[test]
fn says_what_a_job_lacks() {
    assert_eq!(
        JobInfo::from_json(json!([])).unwrap_err(),
        "the job is no JSON object"
    );
    let said = |json| JobInfo::from_json(json).unwrap_err();
    assert_eq!(
        said(json!({ "jobStatus": "esriJobNew" })),
        "the job has no text in its member `jobId`"
    );
    assert_eq!(
        said(json!({ "jobId": "j1", "jobStatus": 7 })),
        "the job has no text in its member `jobStatus`"
    );
}
