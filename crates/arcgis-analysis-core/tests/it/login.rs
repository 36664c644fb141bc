//! Signing a person in, on real sockets: the local service, and a browser of a few lines.

use crate::support::*;
use arcgis_analysis_core::transport::{Answer, HttpTransport, Method, Replay, TransportErrorKind};
use arcgis_analysis_core::{
    Credentials, Error, ErrorKind, FileStore, Login, PasswordCredentials, Portal, SignIn,
    SignInProblem, SignInStore, TokenBinding,
};
use arcgis_analysis_local::LocalService;
use arcgis_analysis_types::serde_json::json;
use secrecy::ExposeSecret;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use url::Url;
use url::form_urlencoded::{Serializer, byte_serialize};

async fn ann() -> LocalService {
    let builder = LocalService::builder().username("ann").password("p&ss");
    builder.application("app", "s3cret").start().await.unwrap()
}

/// Asks for a page, or posts a form to it, and returns the whole answer.
async fn browse(url: &Url, form: Option<String>) -> String {
    let authority = &url[url::Position::BeforeHost..url::Position::AfterPort];
    let target = &url[url::Position::BeforePath..url::Position::AfterQuery];
    let head = format!("Host: {authority}\r\nConnection: close\r\n");
    let request = match form {
        None => format!("GET {target} HTTP/1.1\r\n{head}\r\n"),
        Some(form) => {
            let kind = "application/x-www-form-urlencoded";
            format!(
                "POST {target} HTTP/1.1\r\n{head}Content-Type: {kind}\r\nContent-Length: {}\r\n\r\n{form}",
                form.len()
            )
        }
    };
    let mut stream = TcpStream::connect(authority).await.unwrap();
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    answer
}

/// Fills the page's form in, and goes where that leads; returns the place and the answer there.
async fn fill_in(page: &str, fields: &[(&str, &str)]) -> (Url, String) {
    let page: Url = page.parse().unwrap();
    let shown = browse(&page, None).await;
    let between = |text: &str, before: &str| {
        text.split(before)
            .nth(1)
            .unwrap()
            .split('"')
            .next()
            .unwrap()
            .to_owned()
    };
    let action = between(&shown, "action=\"");
    let state = between(&shown, "name=\"oauth_state\" value=\"");
    let form = Serializer::new(String::new())
        .append_pair("oauth_state", &state)
        .extend_pairs(fields)
        .finish();
    let answer = browse(&page.join(&action).unwrap(), Some(form)).await;
    let to = answer.lines().find_map(|line| {
        line.to_ascii_lowercase()
            .starts_with("location:")
            .then(|| line[9..].trim().to_owned())
    });
    let to: Url = to.unwrap_or_else(|| panic!("{answer}")).parse().unwrap();
    let there = browse(&to, None).await;
    (to, there)
}

const RIGHT: [(&str, &str); 2] = [("username", "ann"), ("password", "p&ss")];

/// Signs in while somebody does something with the page.
async fn in_browser<F>(login: Login, deed: impl FnOnce(String) -> F) -> Result<SignIn, Error>
where
    F: Future<Output = ()> + Send + 'static,
{
    login
        .in_browser("cli", |page| drop(tokio::spawn(deed(page.to_owned()))))
        .await
}

#[tokio::test]
async fn a_browser_signs_in_and_the_sign_in_goes_on() {
    let service = ann().await;
    let url = service.portal_url().to_owned();
    let signed_in = in_browser(Login::new(&url), |page| async move {
        let query: Vec<_> = page
            .parse::<Url>()
            .unwrap()
            .query_pairs()
            .into_owned()
            .collect();
        let of = |name: &str| query.iter().find(|(n, _)| n == name).unwrap().1.clone();
        assert_eq!(
            (of("response_type"), of("code_challenge_method")),
            ("code".to_owned(), "S256".to_owned())
        );
        assert!(of("code_challenge").len() == 43 && of("state").len() == 43);
        // A browser opens connections that it never uses, and asks for an icon.
        let redirect: Url = of("redirect_uri").parse().unwrap();
        let _unused = TcpStream::connect(("127.0.0.1", redirect.port().unwrap()))
            .await
            .unwrap();
        let icon = browse(&redirect.join("/favicon.ico").unwrap(), None).await;
        assert!(icon.starts_with("HTTP/1.1 404"), "{icon}");
        let (to, there) = fill_in(&page, &RIGHT).await;
        assert_eq!(to.host_str(), Some("127.0.0.1"));
        assert!(
            there.starts_with("HTTP/1.1 200") && there.contains("signed in"),
            "{there}"
        );
    })
    .await
    .unwrap();
    assert_eq!(
        (signed_in.username(), signed_in.portal()),
        (Some("ann"), url.as_str())
    );
    assert!(!signed_in.has_ended(std::time::SystemTime::now()));
    let portal = Portal::connect(&url, signed_in.clone().into())
        .await
        .unwrap();
    assert_eq!(portal.username(), Some("ann"));
    // What was kept is as good, also when its token is gone.
    let kept = signed_in.to_secret();
    use arcgis_analysis_core::SecretString;
    let text = {
        kept.expose_secret()
            .replace("\"token\":\"", "\"token\":\"0")
    };
    let stale = SignIn::from_secret(&SecretString::from(text)).unwrap();
    let portal = Portal::connect(&url, stale.into()).await.unwrap();
    assert_eq!(portal.username(), Some("ann"), "renewed after the refusal");
}

#[tokio::test]
async fn a_cancelled_sign_in_is_told() {
    let service = ann().await;
    let error = in_browser(Login::new(service.portal_url()), |page| async move {
        fill_in(&page, &[("cancel", "true")]).await;
    })
    .await
    .unwrap_err();
    assert_eq!(
        (error.kind(), error.sign_in_problem()),
        (ErrorKind::Authentication, Some(&SignInProblem::Denied))
    );
    assert_eq!(
        error.to_string(),
        format!(
            "signing in to {} failed: the user cancelled the sign-in",
            service.portal_url()
        )
    );
}

/// What any page can do that finds the port: an answer to another question.
async fn forge(page: &str, query: &str) {
    let page: Url = page.parse().unwrap();
    let mut fields = page.query_pairs();
    let (_, redirect) = fields.find(|(n, _)| n == "redirect_uri").unwrap();
    let forged: Url = format!("{redirect}?{query}").parse().unwrap();
    let there = browse(&forged, None).await;
    assert!(there.starts_with("HTTP/1.1 400"), "{there}");
    assert!(!there.contains("S3CRET"), "{there}");
}

const FORGED: [&str; 4] = [
    "code=S3CRET&state=guess",
    "code=S3CRET",
    "error=access_denied&state=guess",
    "error=S3CRET&error_description=S3CRET&state=",
];

#[tokio::test]
async fn an_answer_that_was_not_asked_for_does_not_end_a_sign_in() {
    let service = ann().await;
    let signed_in = in_browser(Login::new(service.portal_url()), |page| async move {
        for query in FORGED {
            forge(&page, query).await;
        }
        fill_in(&page, &RIGHT).await;
    });
    assert_eq!(signed_in.await.unwrap().username(), Some("ann"));
    // Where nothing else comes, that is what is told at the end.
    let login = Login::new(service.portal_url()).patience(Duration::from_secs(2));
    let error = in_browser(login, |page| async move {
        forge(&page, FORGED[0]).await;
    });
    let error = error.await.unwrap_err();
    assert_eq!(error.sign_in_problem(), Some(&SignInProblem::StateMismatch));
    assert!(!format!("{error} {error:?}").contains("S3CRET"));
}

/// A code serves once: where the answer to it is lost, showing it again could only fail.
#[tokio::test]
async fn a_code_is_shown_to_the_portal_once() {
    let token = json!({ "access_token": "PLANTED-t", "expires_in": 1800, "username": "ada" });
    let lost = Answer::broken(TransportErrorKind::Interrupted);
    let unsent = Answer::broken(TransportErrorKind::NotSent);
    for (row, answer, signs_in) in [
        ("lost", lost, false),
        ("500", Answer::status(500), false),
        (
            "busy",
            Answer::status(503).header("Retry-After", "1"),
            false,
        ),
        ("a page", Answer::text(200, "<html>"), false),
        ("not sent", unsent, true),
    ] {
        let replay = Replay::new().on(
            Method::Post,
            "/oauth2/token",
            [answer, Answer::json(&token).forever()],
        );
        let login = Login::new(PORTAL).transport(replay.clone());
        let signed_in = in_browser(login, |page| async move {
            let page: Url = page.parse().unwrap();
            let query: Vec<_> = page.query_pairs().into_owned().collect();
            let of = |name: &str| query.iter().find(|(n, _)| n == name).unwrap().1.clone();
            let back = Url::parse_with_params(
                &of("redirect_uri"),
                [("code", "PLANTED-c".to_owned()), ("state", of("state"))],
            );
            browse(&back.unwrap(), None).await;
        });
        let asked = replay.requests().len();
        assert_eq!(asked, 0, "{row}: nothing is asked before the code is there");
        match signed_in.await {
            Ok(signed_in) => {
                assert!(signs_in, "{row}");
                assert_eq!(signed_in.username(), Some("ada"));
                assert_eq!(replay.requests().len(), 2, "{row}");
            }
            Err(error) => {
                assert!(!signs_in, "{row}: {error}");
                assert_eq!(replay.requests().len(), 1, "{row}");
                assert!(
                    error.to_string().ends_with("sign in again"),
                    "{row}: {error}"
                );
                assert!(
                    !format!("{error} {error:?}").contains("PLANTED"),
                    "{error:?}"
                );
            }
        }
    }
}

#[tokio::test]
async fn a_process_that_runs_on_after_a_logout_brings_nothing_back() {
    let service = ann().await;
    let url = service.portal_url();
    let folder = tempfile::tempdir().unwrap();
    let store = Arc::new(FileStore::new(folder.path()));
    let signed_in = in_browser(Login::new(url), |page| async move {
        fill_in(&page, &RIGHT).await;
    });
    let signed_in = signed_in.await.unwrap();
    store.save(&signed_in).unwrap();
    let builder = Portal::builder(url).credentials(signed_in);
    let running = builder.store(store.clone()).connect().await.unwrap();
    let taken = store.take(url).unwrap().unwrap();
    assert!(Login::new(url).sign_out(&taken).await.unwrap());
    let layer = MeasureThings::new("https://example.com/FeatureServer/0");
    let error = running.submit(&layer).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Authentication, "{error}");
    assert!(error.to_string().contains("somebody signed out"), "{error}");
    assert!(store.load(url).unwrap().is_none());
}

#[tokio::test]
async fn a_code_of_another_verifier_is_refused() {
    let service = ann().await;
    let url = service.portal_url().to_owned();
    // Somebody who sees the page's address but not the verifier brings the right state with a code of their own.
    let error = in_browser(Login::new(&url), |page| async move {
        let page: Url = page.parse().unwrap();
        let fields: Vec<_> = page
            .query_pairs()
            .into_owned()
            .map(|(n, v)| {
                (
                    n.clone(),
                    if n == "code_challenge" {
                        "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM".to_owned()
                    } else {
                        v
                    },
                )
            })
            .collect();
        let mut own = page.clone();
        own.query_pairs_mut().clear().extend_pairs(fields);
        fill_in(own.as_str(), &RIGHT).await;
    })
    .await
    .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Authentication);
    assert!(
        error.to_string().contains("Invalid code_verifier"),
        "{error}"
    );
}

#[tokio::test]
async fn nobody_is_waited_for_longer_than_allowed() {
    let login = Login::new("http://127.0.0.1:9").patience(Duration::from_millis(20));
    let error = in_browser(login, |_| async {}).await.unwrap_err();
    assert_eq!(error.sign_in_problem(), Some(&SignInProblem::TimedOut));
    let taken = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = taken.local_addr().unwrap().port();
    let error = in_browser(Login::new("http://127.0.0.1:9").port(port), |_| async {})
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Configuration);
    assert!(error.to_string().contains(&port.to_string()), "{error}");
    let error = Login::new("http://127.0.0.1:9")
        .in_browser("", |_| {})
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Configuration);
}

#[tokio::test]
async fn a_portal_may_refuse_to_ask_the_user() {
    let error = in_browser(Login::new("http://127.0.0.1:9"), |page| async move {
        let query: Vec<_> = page
            .parse::<Url>()
            .unwrap()
            .query_pairs()
            .into_owned()
            .collect();
        let of = |name: &str| query.iter().find(|(n, _)| n == name).unwrap().1.clone();
        let state: String = byte_serialize(of("state").as_bytes()).collect();
        let refused = format!(
            "{}?error=invalid_request&error_description=Invalid+client_id&state={state}",
            of("redirect_uri")
        );
        browse(&refused.parse().unwrap(), None).await;
    })
    .await
    .unwrap_err();
    let words = "Invalid client_id (invalid_request)".to_owned();
    assert_eq!(
        error.sign_in_problem(),
        Some(&SignInProblem::Refused(words))
    );
}

#[tokio::test]
async fn a_password_and_an_applications_secret_sign_in() {
    let service = ann().await;
    let url = service.portal_url();
    for binding in [TokenBinding::Referer, TokenBinding::RequestIp] {
        let ann = PasswordCredentials::new("ann", "p&ss")
            .binding(binding)
            .token_life(Duration::from_secs(90));
        let portal = Portal::connect(url, ann.clone().into()).await.unwrap();
        assert_eq!(portal.username(), Some("ann"));
        let signed_in = Login::new(url).with_password(ann).await.unwrap();
        let life = signed_in
            .ends()
            .unwrap()
            .duration_since(std::time::SystemTime::now())
            .unwrap();
        assert!(
            life > Duration::from_secs(60) && life <= Duration::from_secs(120),
            "whole minutes: {life:?}"
        );
        assert_eq!(
            Portal::connect(url, signed_in.into())
                .await
                .unwrap()
                .username(),
            Some("ann")
        );
    }
    let portal = Portal::connect(url, Credentials::client("app", "s3cret"))
        .await
        .unwrap();
    assert_eq!(portal.username(), Some("ann"));
    for wrong in [
        Credentials::client("app", "wrong-s3cret"),
        Credentials::client("other", "s3cret"),
    ] {
        let error = Portal::connect(url, wrong).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Authentication);
        assert!(!format!("{error:?}").contains("s3cret"), "{error:?}");
    }
    let error = Login::new(url)
        .with_password(PasswordCredentials::new("ann", "wr0ng"))
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Authentication);
}

/// Tokens that live for the blink of an eye: every request may find its own expired.
#[tokio::test]
async fn tokens_that_end_at_once_are_renewed_for_each_kind() {
    let life = Duration::from_millis(150);
    let builder = LocalService::builder()
        .username("ann")
        .password("p&ss")
        .application("app", "s3cret");
    let service = builder.longest_token_life(life).start().await.unwrap();
    let url = service.portal_url();
    let signed_in = in_browser(Login::new(url), |page| async move {
        drop(fill_in(&page, &RIGHT).await)
    })
    .await
    .unwrap();
    for credentials in [
        Credentials::password("ann", "p&ss"),
        Credentials::client("app", "s3cret"),
        signed_in.into(),
    ] {
        let portal = Portal::builder(url)
            .credentials(credentials)
            .transport(HttpTransport::new(Duration::from_secs(5)))
            .connect()
            .await
            .unwrap();
        tokio::time::sleep(life * 2).await;
        let error = portal
            .submit(&MeasureThings::new("https://example.com/FeatureServer/0"))
            .await
            .unwrap_err();
        assert_ne!(error.kind(), ErrorKind::Authentication, "{error}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_login_asks_for_what_it_was_told_to() {
    let replay = Replay::new().on(
        Method::Post,
        "/sharing/rest/generateToken",
        [Answer::json(
            &json!({ "token": "t1", "expires": 4_000_000_000_000_u64 }),
        )],
    );
    let password = PasswordCredentials::new("ada", "pw")
        .token_life(Duration::from_secs(86_400))
        .binding(TokenBinding::RequestIp);
    let signed_in = Login::new("https://www.arcgis.com/home/")
        .transport(replay.clone())
        .with_password(password)
        .await
        .unwrap();
    assert_eq!(signed_in.portal(), "https://www.arcgis.com");
    let made = &replay.requests()[0];
    for (field, value) in [
        ("expiration", Some("1440")),
        ("client", Some("requestip")),
        ("referer", None),
        ("username", Some("ada")),
    ] {
        assert_eq!(made.field(field).as_deref(), value, "{field}");
    }
}

#[tokio::test]
async fn who_signs_out_leaves_nothing_that_serves() {
    let service = ann().await;
    let url = service.portal_url();
    let login = Login::new(url);
    let signed_in = in_browser(login.clone(), |page| async move {
        fill_in(&page, &RIGHT).await;
    });
    let signed_in = signed_in.await.unwrap();
    let portal = Portal::connect(url, signed_in.clone().into()).await;
    assert_eq!(portal.unwrap().username(), Some("ann"));
    assert!(login.sign_out(&signed_in).await.unwrap());
    // Neither the token nor what renews it.
    let error = Portal::connect(url, signed_in.clone().into())
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Authentication, "{error}");
    // What is gone already is gone; and a password's token cannot be revoked.
    assert!(login.sign_out(&signed_in).await.unwrap());
    let password = PasswordCredentials::new("ann", "p&ss");
    let brief = login.with_password(password).await.unwrap();
    assert!(!login.sign_out(&brief).await.unwrap());
}

/// What is left of a sign-in in a browser with this refresh token, or of one with a password.
fn renewable(token: &str, refresh_token: Option<&str>) -> SignIn {
    let mut kept = json!({ "version": 1, "portal": PORTAL, "username": "ada", "token": token, "expires": null });
    if let Some(refresh_token) = refresh_token {
        kept["renewal"] = json!({ "clientId": "cli", "redirectUri": "http://127.0.0.1:1/",
            "refreshToken": refresh_token, "expires": null });
    }
    SignIn::from_secret(&kept.to_string().into()).unwrap()
}

#[tokio::test(start_paused = true)]
async fn what_is_thrown_away_is_revoked_where_it_came_from() {
    let path = "/sharing/rest/oauth2/revokeToken";
    let done = || Answer::json(&json!({ "success": true }));
    let refused = || {
        Answer::text(
            200,
            r#"{"error":{"code":400,"message":"PLANTED-r1 is odd"}}"#,
        )
    };
    let (one, two) = (Some("PLANTED-r1"), Some("PLANTED-r2"));
    for (row, before, after, answer, revoked, problem) in [
        ("replaced", one, two, done(), true, None),
        ("by a password", one, None, done(), true, None),
        (
            "not revoked",
            one,
            two,
            refused(),
            false,
            Some("serves until it ends"),
        ),
        ("the same one", one, one, done(), false, None),
        ("nothing to revoke", None, two, done(), false, None),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let store = Arc::new(FileStore::new(folder.path()));
        let replay = Replay::new().on(Method::Post, path, [answer.forever()]);
        let login = Login::new(PORTAL).transport(replay.clone());
        let first = renewable("PLANTED-t1", before);
        let told = login.remember(&first, store.clone()).await.unwrap();
        assert!(!told.revoked && told.problem.is_none(), "{row}: {told:?}");
        assert_eq!(replay.requests().len(), 0, "{row}: nothing was there");
        let second = renewable("PLANTED-t2", after);
        let told = login.remember(&second, store.clone()).await.unwrap();
        assert_eq!(told.revoked, revoked, "{row}");
        let said = told.problem.as_deref().unwrap_or_default();
        assert!(
            said.contains("is odd") == problem.is_some(),
            "{row}: {said}"
        );
        assert!(said.contains(problem.unwrap_or_default()), "{row}: {said}");
        assert!(!said.contains("PLANTED"), "{row}: {said}");
        // It is the new one that is kept, and the old one that was sent, to the portal alone and in no URL.
        let kept = store.load(PORTAL).unwrap().unwrap().to_secret();
        assert_eq!(kept.expose_secret(), second.to_secret().expose_secret());
        for request in replay.requests() {
            assert_eq!(request.request().url(), format!("{PORTAL}{path}"), "{row}");
            assert_eq!(request.field("auth_token").as_deref(), one, "{row}");
            assert_eq!(request.field("client_id").as_deref(), Some("cli"), "{row}");
        }
        let asked = usize::from(revoked || problem.is_some());
        assert_eq!(replay.requests().len(), asked, "{row}");
    }
}

#[tokio::test(start_paused = true)]
async fn what_cannot_be_kept_is_revoked_at_once() {
    let path = "/sharing/rest/oauth2/revokeToken";
    for (refresh_token, answer, words, asked) in [
        (
            Some("PLANTED-r"),
            json!({ "success": true }),
            "; the portal revoked what it gave",
            1,
        ),
        (
            Some("PLANTED-r"),
            json!({}),
            "was not revoked and serves until it ends",
            1,
        ),
        (None, json!({}), "the sign-in is not kept: ", 0),
    ] {
        let folder = tempfile::tempdir().unwrap();
        // A file stands where a folder is needed.
        std::fs::write(folder.path().join("sign-ins"), "").unwrap();
        let store = Arc::new(FileStore::new(folder.path()));
        let replay = Replay::new().on(Method::Post, path, [Answer::json(&answer).forever()]);
        let login = Login::new(PORTAL).transport(replay.clone());
        let sign_in = renewable("PLANTED-t", refresh_token);
        let error = login.remember(&sign_in, store).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Store, "{error}");
        let told = error.to_string();
        assert!(
            told.contains(words) && told.contains("cannot be written"),
            "{told}"
        );
        assert!(!format!("{error:?}").contains("PLANTED"), "{error:?}");
        assert_eq!(replay.requests().len(), asked);
    }
}

#[tokio::test(start_paused = true)]
async fn a_sign_out_that_fails_says_why_and_shows_nothing() {
    let kept = json!({ "version": 1, "portal": PORTAL, "username": "ada", "token": "PLANTED-t", "expires": null,
        "renewal": { "clientId": "cli", "redirectUri": "http://127.0.0.1:1/", "refreshToken": "PLANTED-r", "expires": null } });
    let sign_in = SignIn::from_secret(&kept.to_string().into()).unwrap();
    let path = "/sharing/rest/oauth2/revokeToken";
    let echo = r#"{"error":{"code":400,"message":"PLANTED-r is of no use"}}"#;
    let elsewhere = Answer::status(307).header("Location", "https://evil.example/");
    for (answer, kind, words) in [
        (Answer::text(200, echo), ErrorKind::Refused, "is of no use"),
        (
            Answer::json(&json!({})),
            ErrorKind::Protocol,
            "did not say that it is done",
        ),
        (
            Answer::json(&json!({ "success": false })),
            ErrorKind::Refused,
            "gave no reason",
        ),
        (
            Answer::text(200, "<html>PLANTED-r"),
            ErrorKind::Protocol,
            "an HTML or XML page",
        ),
        (Answer::status(500), ErrorKind::Server, "HTTP status 500"),
        (
            elsewhere,
            ErrorKind::Protocol,
            "redirects to https://evil.example",
        ),
        (
            Answer::text(200, r#"{"success":true}"#).after(Duration::from_secs(90)),
            ErrorKind::Transport,
            "time allowed",
        ),
    ] {
        let replay = Replay::new().on(Method::Post, path, [answer.forever()]);
        let login = Login::new(PORTAL).transport(replay.clone());
        let error = login.sign_out(&sign_in).await.unwrap_err();
        assert_eq!(error.kind(), kind, "{error}");
        assert!(error.to_string().contains(words), "{error}");
        assert!(
            !format!("{error} {error:?}").contains("PLANTED"),
            "{error:?}"
        );
        let asked = replay.requests();
        assert!(
            asked
                .iter()
                .all(|request| request.request().url() == format!("{PORTAL}{path}"))
        );
        assert_eq!(asked[0].field("auth_token").as_deref(), Some("PLANTED-r"));
        assert_eq!(asked[0].field("client_id").as_deref(), Some("cli"));
    }
    // A fault that passes does not keep it.
    let done = Answer::json(&json!({ "success": true }));
    let replay = Replay::new().on(Method::Post, path, [Answer::status(503), done]);
    let login = Login::new(PORTAL).transport(replay.clone());
    assert!(login.sign_out(&sign_in).await.unwrap());
    // Another portal gets nothing.
    let replay = Replay::new();
    let login = Login::new("https://gis.example.org").transport(replay.clone());
    let error = login.sign_out(&sign_in).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Configuration, "{error}");
    assert!(replay.requests().is_empty());
}
