//! Anybody may ask for the page to sign in on, however often.

use super::{BACK, RIGHT, ann, page, sign_in};
use crate::tests::Client;
use http_body_util::{BodyExt, Full};
use hyper::body::Bytes;
use hyper::client::conn::http1;
use hyper::{Request, StatusCode};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

/// More than the service keeps of anything.
const MANY: usize = 10_001;

/// The sign-in of a person who takes their time outlasts any number that others begin.
#[tokio::test]
async fn nobody_s_sign_in_is_pushed_out() {
    let service = ann().await;
    let client = Client::anonymous(&service);
    let fields = [
        ("client_id", "cli"),
        ("response_type", "code"),
        ("redirect_uri", BACK),
        ("state", "s"),
    ];
    let (_, _, shown) = page(&client, &fields).await;
    let stream = TcpStream::connect(service.address()).await.unwrap();
    let (mut flood, connection) = http1::handshake(TokioIo::new(stream)).await.unwrap();
    tokio::spawn(connection);
    let form = Bytes::from_static(
        b"client_id=x&response_type=code&redirect_uri=http%3A%2F%2F127.0.0.1%2F",
    );
    for _ in 0..MANY {
        let request = Request::post("/sharing/rest/oauth2/authorize")
            .header("host", service.address().to_string())
            .header("content-type", "application/x-www-form-urlencoded")
            .body(Full::new(form.clone()))
            .unwrap();
        let answer = flood.send_request(request).await.unwrap();
        assert_eq!(answer.status(), StatusCode::OK);
        answer.into_body().collect().await.unwrap();
    }
    let (status, to, text) = sign_in(&client, &shown, &RIGHT).await;
    assert_eq!(status, StatusCode::FOUND, "{text}");
    assert!(to.unwrap().as_str().contains("code="));
}
