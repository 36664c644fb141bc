//! Planted secrets are looked for in everything that the matrix leaves behind, whatever the command signs in with.

use super::*;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};

/// A token of the local service for the planted user, which is 64 hexadecimal digits.
pub(super) fn token(service: SocketAddr) -> String {
    let form = format!("username=ann&password={PASSWORD}&client=requestip&expiration=60&f=json");
    let head = format!(
        "POST /sharing/rest/generateToken HTTP/1.1\r\nHost: {service}\r\nConnection: close\r\n\
         Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n\r\n",
        form.len()
    );
    let mut stream = TcpStream::connect(service).unwrap();
    stream.write_all((head + &form).as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    let body = answer.split("\r\n\r\n").nth(1).unwrap();
    let document: Value = serde_json::from_str(body).unwrap();
    document["token"].as_str().unwrap().to_owned()
}

/// Where a planted secret, or any token of the local service, is left behind; and which URL is not bare.
pub(super) fn leaks(left: &Left) -> Vec<String> {
    let holds = |text: &str| {
        let mut words = text.split(|c: char| !c.is_ascii_hexdigit());
        text.contains(PASSWORD)
            || text.contains(CLIENT_SECRET)
            || words.any(|word| word.len() == 64)
    };
    let texts = [
        ("stdout", &left.ran.stdout),
        ("stderr", &left.ran.stderr),
        ("the ledger", &left.ledger),
    ];
    let mut found: Vec<String> = texts
        .iter()
        .filter(|(_, text)| holds(text))
        .map(|(place, _)| format!("a secret is in {place}"))
        .collect();
    for seen in &left.seen {
        let bare = !seen.query.to_lowercase().contains("token=")
            && !holds(&seen.query)
            && !holds(&seen.path)
            && !seen.path.contains("..");
        if !bare {
            found.push(format!("a URL holds a secret or climbs: {seen:?}"));
        }
    }
    if left.ran.stderr.contains("panicked") || left.ran.code == Some(101) {
        found.push(format!("a panic: {}", left.ran.stderr));
    }
    found
}

/// The password is looked for by the test of the matrix itself.
#[test]
fn no_fault_gives_away_a_token_an_api_key_or_the_secret_of_an_application() {
    let rows = rows();
    let kinds = [Secret::Client, Secret::Token, Secret::ApiKey];
    // A fault that strikes while a token is made would strike when the test makes one.
    let makes_tokens = |row: &Row| row.name.starts_with("token:");
    let all: Vec<(&Row, Secret)> = rows
        .iter()
        .flat_map(|row| kinds.map(|kind| (row, kind)))
        .filter(|(row, kind)| *kind == Secret::Client || !makes_tokens(row))
        .collect();
    let done = std::sync::atomic::AtomicUsize::new(0);
    let wrong = all_at_once(&all, async |(row, kind)| {
        let left = play(row, *kind).await;
        if left.ran.code == Some(0) {
            done.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        }
        let mut wrong = leaks(&left);
        // What is looked through is there.
        if !left.ran.stderr.contains("request{id=") {
            wrong.push(format!("no trace: {:?}", left.ran));
        }
        wrong
            .iter()
            .map(|wrong| format!("{} as {kind:?}: {wrong}", row.name))
            .collect()
    });
    assert!(
        wrong.is_empty(),
        "{} of {}:\n{}",
        wrong.len(),
        all.len(),
        wrong.join("\n")
    );
    let done = done.into_inner();
    assert!(
        done * 5 > all.len(),
        "only {done} of {} runs came to their results",
        all.len()
    );
}
