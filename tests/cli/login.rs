//! Signing in, and what later commands make of it.

use crate::support::{Cli, Ran, cli};
use arcgis_analysis_local::{FaultPlan, LocalService};
use serde_json::{Value, json};
use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};

const PASSWORD: &str = "PLANTED-password";
const SECRET: &str = "PLANTED-secret";
const POINT: &str = r#"{"type": "Point", "coordinates": [7.6, 47.5]}"#;

/// A portal, and a folder for what the command keeps.
struct Stage {
    service: LocalService,
    folder: tempfile::TempDir,
}

impl Stage {
    async fn new() -> Self {
        Self::with(json!({ "faults": [] })).await
    }

    /// One on which this goes wrong.
    async fn with(faults: Value) -> Self {
        let service = LocalService::builder()
            .faults(FaultPlan::from_json(&faults.to_string()).unwrap())
            .username("ann")
            .password(PASSWORD)
            .application("app", SECRET);
        Self {
            service: service.start().await.unwrap(),
            folder: tempfile::tempdir().unwrap(),
        }
    }

    fn url(&self) -> &str {
        self.service.portal_url()
    }

    fn command(&self, args: &[&str]) -> Cli {
        let place = ["--portal", self.url(), "--json"];
        cli(&[args, &place].concat()).env(
            "ARCGIS_ANALYSIS_STATE",
            self.folder.path().to_str().unwrap(),
        )
    }

    fn sign_in_with_password(&self) -> Ran {
        let login = self.command(&["login", "--username", "ann", "--password-stdin"]);
        login.stdin(&format!("{PASSWORD}\n")).run()
    }

    fn whoami(&self) -> Ran {
        self.command(&["whoami"]).run()
    }

    fn buffers(&self) -> Cli {
        self.command(&[
            "run",
            "CreateBuffers",
            "--input-layer",
            POINT,
            "--distances",
            "5",
        ])
    }

    /// What is written down of jobs.
    fn ledger(&self) -> String {
        fs::read_to_string(self.folder.path().join("ledger.log")).unwrap_or_default()
    }

    /// The files of sign-ins.
    fn kept(&self) -> Vec<PathBuf> {
        let files = fs::read_dir(self.folder.path().join("sign-ins"));
        files
            .into_iter()
            .flatten()
            .map(|file| file.unwrap().path())
            .collect()
    }

    /// The one file of a sign-in, as JSON.
    fn change(&self, change: impl FnOnce(&mut Value)) {
        let [file] = &self.kept()[..] else {
            panic!("{:?}", self.kept())
        };
        let mut text: Value = serde_json::from_str(&fs::read_to_string(file).unwrap()).unwrap();
        change(&mut text);
        fs::write(file, text.to_string()).unwrap();
    }
}

/// Asks for a page, or posts a form to it, and returns the whole answer.
fn browse(url: &str, form: Option<&str>) -> String {
    let (authority, path) = url
        .strip_prefix("http://")
        .unwrap()
        .split_once('/')
        .unwrap();
    let head = format!("Host: {authority}\r\nConnection: close\r\n");
    let request = match form {
        None => format!("GET /{path} HTTP/1.1\r\n{head}\r\n"),
        Some(form) => format!(
            "POST /{path} HTTP/1.1\r\n{head}Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n\r\n{form}",
            form.len()
        ),
    };
    let mut stream = TcpStream::connect(authority).unwrap();
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

/// Signs in as a person in a browser does: on the page that the command shows, with these fields of its form.
fn in_browser(command: Cli, fields: &str) -> Ran {
    let mut child = command.start();
    let mut told = BufReader::new(child.stderr.take().unwrap());
    let mut seen = String::new();
    let page = loop {
        let mut line = String::new();
        assert_ne!(
            told.read_line(&mut line).unwrap(),
            0,
            "no page is shown: {seen}"
        );
        seen += &line;
        if line.trim().starts_with("http://") {
            break line.trim().to_owned();
        }
    };
    let shown = browse(&page, None);
    let state = shown
        .split("name=\"oauth_state\" value=\"")
        .nth(1)
        .unwrap()
        .split('"')
        .next()
        .unwrap();
    let root = page.split("/sharing").next().unwrap();
    let form = format!("oauth_state={state}&{fields}");
    let answer = browse(&format!("{root}/sharing/rest/oauth2/signin"), Some(&form));
    let back = answer
        .lines()
        .find_map(|line| line.strip_prefix("location: "))
        .unwrap();
    browse(back, None);
    told.read_to_string(&mut seen).unwrap();
    let mut ran = Ran::of(child);
    ran.stderr = seen;
    ran
}

const RIGHT: &str = "username=ann&password=PLANTED-password";

#[tokio::test(flavor = "multi_thread")]
async fn a_sign_in_in_a_browser_serves_later_commands_until_it_is_forgotten() {
    let stage = Stage::new().await;
    let ran = in_browser(stage.command(&["login", "--client-id", "cli"]), RIGHT);
    assert_eq!(ran.code, Some(0), "{ran:?}");
    let told = ran.json();
    assert_eq!(
        (&told["username"], &told["portal"]),
        (&json!("ann"), &json!(stage.url()))
    );
    let [file] = &stage.kept()[..] else {
        panic!("{:?}", stage.kept())
    };
    assert_eq!(told["keptIn"], file.to_str().unwrap());

    let who = stage.whoami().succeeded().json();
    assert_eq!(
        (&who["username"], &who["by"], &who["ends"]),
        (&json!("ann"), &json!("sign-in"), &told["ends"])
    );
    let report = stage.buffers().run().succeeded().json();
    assert_eq!(report["status"], "esriJobSucceeded");

    // A token that ended is renewed, and the new one kept.
    stage.change(|kept| {
        kept["token"] = "0".into();
        kept["expires"] = 1.into();
    });
    assert_eq!(stage.whoami().succeeded().json()["username"], "ann");
    stage.change(|kept| assert_ne!(kept["token"], "0"));

    let copy = fs::read(file).unwrap();
    let rights = fs::metadata(file).unwrap().permissions();
    let other = stage.command(&["logout"]).run().succeeded().json();
    assert_eq!(
        other,
        json!({ "portal": stage.url(), "wasSignedIn": true, "revoked": true })
    );
    assert!(stage.kept().is_empty());
    // A copy of what was kept is of no use to anybody: the portal has forgotten it too.
    fs::write(file, copy).unwrap();
    fs::set_permissions(file, rights).unwrap();
    assert_eq!(stage.whoami().code, Some(3));
    fs::remove_file(file).unwrap();
    let ran = stage.whoami();
    assert_eq!(
        (ran.code, ran.error()["kind"].as_str()),
        (Some(3), Some("authentication"))
    );
    let again = stage.command(&["logout"]).run().succeeded().json();
    assert_eq!(again["wasSignedIn"], false);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_portal_that_revokes_nothing_keeps_nobody_signed_in() {
    for (fault, words) in [
        (json!({ "status": 500 }), "HTTP status 500"),
        (json!({ "drop": "connection" }), "connection"),
        (
            json!({ "body": "<html>gone</html>" }),
            "an HTML or XML page",
        ),
        (
            json!({ "body": { "error": { "code": 400, "message": "Not today." } } }),
            "Not today",
        ),
        (json!({ "body": {} }), "did not say that it is done"),
    ] {
        let mut fault = fault;
        fault["path"] = "oauth2/revokeToken".into();
        let stage = Stage::with(json!({ "faults": [fault] })).await;
        let ran = in_browser(stage.command(&["login", "--client-id", "cli"]), RIGHT);
        assert_eq!(ran.code, Some(0), "{ran:?}");
        let kept = fs::read_to_string(&stage.kept()[0]).unwrap();
        let kept: Value = serde_json::from_str(&kept).unwrap();
        let ran = stage.command(&["logout", "-vv"]).run();
        assert_eq!(ran.code, Some(0), "{ran:?}");
        let told = ran.json();
        assert_eq!(
            (&told["wasSignedIn"], &told["revoked"]),
            (&json!(true), &json!(false))
        );
        let problem = told["problem"].as_str().unwrap();
        assert!(
            problem.starts_with("what the portal gave was not revoked"),
            "{problem}"
        );
        assert!(problem.contains(words), "{problem}");
        assert!(stage.kept().is_empty());
        for secret in [&kept["token"], &kept["renewal"]["refreshToken"]] {
            assert!(
                !format!("{ran:?}").contains(secret.as_str().unwrap()),
                "{ran:?}"
            );
        }
    }
    // Without a portal at all, and in words for people.
    let stage = Stage::new().await;
    in_browser(stage.command(&["login", "--client-id", "cli"]), RIGHT);
    let url = stage.url().to_owned();
    let folder = stage.folder.path().to_str().unwrap().to_owned();
    let logout = cli(&["logout", "--portal", &url]).env("ARCGIS_ANALYSIS_STATE", &folder);
    let kept = stage.kept();
    stage.service.shutdown().await;
    let ran = logout.run();
    assert_eq!(ran.code, Some(0), "{ran:?}");
    assert_eq!(ran.stdout.trim_end(), format!("Signed out of {url}"));
    assert!(ran.stderr.contains("serves until it ends"), "{ran:?}");
    assert!(!kept[0].exists());
}

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread")]
async fn what_a_login_throws_away_serves_nobody() {
    use std::os::unix::fs::PermissionsExt;
    let stage = Stage::new().await;
    let sign_in = || in_browser(stage.command(&["login", "--client-id", "cli"]), RIGHT);
    assert_eq!(sign_in().code, Some(0));
    let file = stage.kept().remove(0);
    let first = fs::read(&file).unwrap();
    assert_eq!(sign_in().code, Some(0));
    let second = fs::read(&file).unwrap();
    stage.whoami().succeeded();
    // A copy of the first is of no use, and the second is not harmed by that.
    fs::write(&file, first).unwrap();
    assert_eq!(stage.whoami().code, Some(3));
    fs::write(&file, second).unwrap();
    stage.whoami().succeeded();
    // One that others may have read is not read, and that nobody revokes it is said.
    fs::set_permissions(&file, fs::Permissions::from_mode(0o644)).unwrap();
    let ran = sign_in();
    assert_eq!(ran.code, Some(0), "{ran:?}");
    let problem = ran.json()["problem"].as_str().unwrap().to_owned();
    assert!(
        problem.contains("could not be read") && problem.contains("mode 0644"),
        "{problem}"
    );
    stage.whoami().succeeded();
    // What cannot be kept is not left to serve for weeks.
    let folder = file.parent().unwrap();
    fs::remove_dir_all(folder).unwrap();
    fs::write(folder, "").unwrap();
    let ran = sign_in();
    assert_eq!(ran.code, Some(1), "{ran:?}");
    let (told, _) = ran.stderr.rsplit_once("}\n").unwrap();
    assert!(told.contains("the portal revoked what it gave"), "{ran:?}");
}

/// A command that runs while somebody signs out finishes with its own token or says why it cannot, and never brings the
/// sign-in back.
#[tokio::test(flavor = "multi_thread")]
async fn a_command_that_runs_beside_a_logout_brings_nothing_back() {
    let running = json!({ "body": { "jobId": "{jobId}", "jobStatus": "esriJobExecuting" } });
    let mut slow = running;
    (slow["path"], slow["count"]) = ("jobs/*".into(), 3.into());
    for browser in [true, false] {
        let stage = Stage::with(json!({ "faults": [slow] })).await;
        let signed_in = match browser {
            true => in_browser(stage.command(&["login", "--client-id", "cli"]), RIGHT),
            false => stage.sign_in_with_password(),
        };
        assert_eq!(signed_in.code, Some(0), "{signed_in:?}");
        let kept = fs::read_to_string(&stage.kept()[0]).unwrap();
        let kept: Value = serde_json::from_str(&kept).unwrap();
        let run = stage.buffers().start();
        while !stage.ledger().contains("/CreateBuffers/jobs/") {
            tokio::time::sleep(std::time::Duration::from_millis(5)).await;
        }
        let told = stage.command(&["logout"]).run().succeeded().json();
        assert_eq!(
            (&told["wasSignedIn"], &told["revoked"]),
            (&json!(true), &json!(browser))
        );
        let ran = Ran::of(run);
        match browser {
            // The portal ended every token of the sign-in, so the job can be observed no longer.
            true => {
                assert_eq!(ran.code, Some(3), "{ran:?}");
                let error = ran.error();
                assert_eq!(error["kind"], "authentication");
                let message = error["message"].as_str().unwrap();
                assert!(message.contains("somebody signed out"), "{message}");
                let url = error["jobUrl"].as_str().unwrap();
                assert!(url.contains("/CreateBuffers/jobs/"), "{url}");
            }
            // The token of a password cannot be revoked, and serves to the command's end.
            false => {
                assert_eq!(ran.code, Some(0), "{ran:?}");
                assert_eq!(ran.json()["status"], "esriJobSucceeded");
            }
        }
        assert!(stage.kept().is_empty());
        for secret in [&kept["token"], &kept["renewal"]["refreshToken"]] {
            let secret = secret.as_str().unwrap_or("none");
            assert!(!format!("{ran:?}").contains(secret), "{ran:?}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sign_in_with_a_password_keeps_a_token_and_no_password() {
    let stage = Stage::new().await;
    let told = stage.sign_in_with_password().succeeded().json();
    assert_eq!(told["username"], "ann");
    stage.change(|kept| {
        assert!(
            !kept.to_string().contains(PASSWORD) && kept.get("renewal").is_none(),
            "{kept}"
        );
    });
    assert_eq!(stage.whoami().succeeded().json()["by"], "sign-in");
    // By the time that it has ended, the user is asked to sign in again.
    stage.change(|kept| kept["expires"] = 1.into());
    let ran = stage.whoami();
    assert_eq!(
        (ran.code, ran.error()["kind"].as_str()),
        (Some(3), Some("authentication"))
    );
    assert!(ran.stderr.contains("arcgis-analysis login"), "{ran:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_fails_keeps_nothing() {
    let stage = Stage::new().await;
    let login = stage.command(&["login", "--username", "ann", "--password-stdin"]);
    let ran = login.stdin("wrong\n").run();
    assert_eq!(
        (ran.code, ran.error()["kind"].as_str()),
        (Some(3), Some("authentication"))
    );
    let ran = in_browser(
        stage.command(&["login", "--client-id", "cli", "--no-browser"]),
        "cancel=true",
    );
    assert_eq!(ran.code, Some(3), "{ran:?}");
    assert!(
        ran.stderr.contains("the user cancelled the sign-in"),
        "{ran:?}"
    );
    let ran = stage
        .command(&["login", "--client-id", "cli", "--timeout", "50ms"])
        .run();
    assert_eq!(ran.code, Some(3), "{ran:?}");
    assert!(
        ran.stderr
            .contains("nobody signed in within the time allowed"),
        "{ran:?}"
    );
    for (args, words) in [
        (&["login"][..], "--client-id or ARCGIS_CLIENT_ID"),
        (&["login", "--username", "ann"], "needs a password"),
        (
            &["login", "--username", "ann", "--client-id", "cli"],
            "cannot be used with",
        ),
        (&["login", "--password-stdin"], "needs a user"),
    ] {
        let ran = stage.command(args).run();
        assert_eq!(ran.code, Some(2), "{ran:?}");
        assert!(ran.stderr.contains(words), "{ran:?}");
    }
    assert!(stage.kept().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn credentials_of_the_environment_go_before_a_sign_in() {
    let stage = Stage::new().await;
    stage.sign_in_with_password().succeeded();
    let by = |cli: Cli| cli.run().succeeded().json()["by"].clone();
    let app = stage.command(&["whoami"]).env("ARCGIS_CLIENT_ID", "app");
    assert_eq!(by(app), "sign-in", "an ID alone is none");
    let app = stage.command(&["whoami"]).env("ARCGIS_CLIENT_ID", "app");
    assert_eq!(by(app.env("ARCGIS_CLIENT_SECRET", SECRET)), "application");
    let ann = stage.command(&["whoami"]).env("ARCGIS_USERNAME", "ann");
    assert_eq!(by(ann.env("ARCGIS_PASSWORD", PASSWORD)), "password");
    let ran = stage
        .command(&["whoami"])
        .env("ARCGIS_TOKEN", "stale")
        .run();
    assert_eq!(ran.code, Some(3), "{ran:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_application_of_the_environment_runs_tasks() {
    let stage = Stage::new().await;
    let buffers = stage
        .buffers()
        .env("ARCGIS_CLIENT_ID", "app")
        .env("ARCGIS_CLIENT_SECRET", SECRET);
    assert_eq!(
        buffers.run().succeeded().json()["status"],
        "esriJobSucceeded"
    );
    let buffers = stage
        .buffers()
        .env("ARCGIS_CLIENT_ID", "app")
        .env("ARCGIS_CLIENT_SECRET", "PLANTED-wrong");
    let ran = buffers.run();
    assert_eq!(ran.code, Some(3), "{ran:?}");
    assert!(
        ran.stderr.contains("Invalid client_secret") && !ran.stderr.contains("PLANTED"),
        "{ran:?}"
    );
    let ran = stage.buffers().env("ARCGIS_CLIENT_SECRET", SECRET).run();
    assert_eq!(ran.code, Some(2), "{ran:?}");
}

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_others_can_read_is_refused() {
    use std::os::unix::fs::PermissionsExt;
    let stage = Stage::new().await;
    stage.sign_in_with_password().succeeded();
    let file = &stage.kept()[0];
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(file), 0o600);
    fs::set_permissions(file, fs::Permissions::from_mode(0o644)).unwrap();
    let ran = stage.whoami();
    assert_eq!(
        (ran.code, ran.error()["kind"].as_str()),
        (Some(1), Some("store"))
    );
    assert!(ran.stderr.contains("mode 0644"), "{ran:?}");
    // What was given goes before what is kept, and is not troubled by it.
    let ann = stage.command(&["whoami"]).env("ARCGIS_USERNAME", "ann");
    ann.env("ARCGIS_PASSWORD", PASSWORD).run().succeeded();
    stage.sign_in_with_password().succeeded();
    assert_eq!(mode(&stage.kept()[0]), 0o600);
    stage.whoami().succeeded();
}

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread")]
async fn a_logout_says_what_it_could_not_read() {
    use std::os::unix::fs::PermissionsExt;
    let stage = Stage::new().await;
    let ran = in_browser(stage.command(&["login", "--client-id", "cli"]), RIGHT);
    assert_eq!(ran.code, Some(0), "{ran:?}");
    let file = stage.kept().remove(0);
    // What others may have read is deleted, but not read.
    fs::set_permissions(&file, fs::Permissions::from_mode(0o644)).unwrap();
    let told = stage.command(&["logout"]).run().json();
    assert_eq!(
        (&told["wasSignedIn"], &told["revoked"]),
        (&json!(true), &json!(false))
    );
    let problem = told["problem"].as_str().unwrap();
    assert!(
        problem.starts_with("what was kept could not be read") && problem.contains("mode 0644"),
        "{problem}"
    );
    assert!(!file.exists());
    // What can be neither read nor deleted is not called absent.
    fs::create_dir(&file).unwrap();
    let ran = stage.command(&["logout"]).run();
    let error = ran.error();
    assert_eq!((ran.code, error["kind"].as_str()), (Some(1), Some("store")));
    let told = error["message"].as_str().unwrap();
    assert!(told.contains("may still be kept"), "{told}");
    assert_eq!(ran.stdout, "");
}

#[tokio::test(flavor = "multi_thread")]
async fn no_secret_is_told_at_any_verbosity() {
    let stage = Stage::new().await;
    let mut all = String::new();
    let ran = in_browser(
        stage.command(&["login", "--client-id", "cli", "-vv"]),
        RIGHT,
    );
    assert_eq!(ran.code, Some(0), "{ran:?}");
    all += &format!("{ran:?}");
    stage.change(|kept| kept["expires"] = 1.into());
    for ran in [
        stage.command(&["whoami", "-vv"]).run(),
        stage.buffers().run(),
    ] {
        assert_eq!(ran.code, Some(0), "{ran:?}");
        all += &format!("{ran:?}");
    }
    assert!(all.contains("request.answered"), "the trace is on: {all}");
    let kept = fs::read_to_string(&stage.kept()[0]).unwrap();
    let kept: Value = serde_json::from_str(&kept).unwrap();
    let secrets = [
        PASSWORD,
        kept["token"].as_str().unwrap(),
        kept["renewal"]["refreshToken"].as_str().unwrap(),
    ];
    for secret in secrets {
        assert!(!all.contains(secret), "{all}");
    }
    let ledger = fs::read_to_string(stage.folder.path().join("ledger.log")).unwrap();
    assert!(!secrets.iter().any(|secret| ledger.contains(secret)));
}
