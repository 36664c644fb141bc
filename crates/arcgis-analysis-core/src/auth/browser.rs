//! The way back from a browser: a listener on the loopback interface that waits for one answer.

use super::SignInProblem;
use crate::redact::excerpt;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio::time::timeout;
use url::form_urlencoded;

/// The longest head of a request that is read. A browser's is a tenth of it.
const LONGEST_HEAD: usize = 64 * 1024;

/// How long a connection may take to send its request. Browsers open some in advance and never use them.
const PATIENCE: Duration = Duration::from_secs(30);

/// How many connections are open at once; further ones wait.
const MOST_CONNECTIONS: usize = 64;

/// What one request brought.
#[derive(Debug, PartialEq)]
enum Brought {
    /// The end of the sign-in: the code, or the news that there is none.
    End(Result<String, SignInProblem>),
    /// An answer to another question. Any page can send one, so it ends nothing.
    Stray,
    /// No answer.
    Nothing,
}

/// Waits, for at most as long as one has patience, until a browser brings the code that belongs to `state`, or the news
/// that there is none.
///
/// Whatever else is asked for, such as a page's icon, is not there.
pub(super) async fn wait_for_code(
    listener: TcpListener,
    state: &str,
    patience: Duration,
) -> Result<String, SignInProblem> {
    let mut stray = false;
    match timeout(patience, wait(listener, state, &mut stray)).await {
        Ok(outcome) => outcome,
        Err(_) if stray => Err(SignInProblem::StateMismatch),
        Err(_) => Err(SignInProblem::TimedOut),
    }
}

async fn wait(
    listener: TcpListener,
    state: &str,
    stray: &mut bool,
) -> Result<String, SignInProblem> {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept(), if connections.len() < MOST_CONNECTIONS => match accepted {
                Ok((stream, _)) => {
                    let state = state.to_owned();
                    connections.spawn(async move { timeout(PATIENCE, serve(stream, &state)).await.ok().flatten() });
                }
                // Out of file handles, for example, which passes.
                Err(_) => tokio::time::sleep(Duration::from_millis(50)).await,
            },
            Some(served) = connections.join_next() => match served {
                Ok(Some(Brought::End(outcome))) => return outcome,
                Ok(Some(Brought::Stray)) => *stray = true,
                _ => {}
            },
        }
    }
}

/// Answers one request, and returns what it brought.
async fn serve(mut stream: TcpStream, state: &str) -> Option<Brought> {
    let mut head = Vec::new();
    while !head.windows(4).any(|end| end == b"\r\n\r\n") {
        let read = stream.read_buf(&mut head).await.ok()?;
        if read == 0 || head.len() > LONGEST_HEAD {
            return None;
        }
    }
    let brought = read(&head, state);
    let (status, words) = match &brought {
        Brought::End(Ok(_)) => ("200 OK", "You are signed in. This page can be closed."),
        Brought::End(Err(SignInProblem::Denied)) => (
            "200 OK",
            "The sign-in was cancelled. This page can be closed.",
        ),
        Brought::End(Err(_)) => (
            "400 Bad Request",
            "This sign-in failed. Look at the program that began it.",
        ),
        Brought::Stray => (
            "400 Bad Request",
            "This belongs to no sign-in that is going on. Use the page that the program shows now.",
        ),
        Brought::Nothing => ("404 Not Found", "There is nothing here."),
    };
    let page = format!(
        "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>Sign in</title><p>{words}</p></html>"
    );
    let answer = format!(
        "HTTP/1.1 {status}\r\nContent-Type: text/html; charset=utf-8\r\nContent-Length: {}\r\nCache-Control: no-store\r\n\
         Content-Security-Policy: default-src 'none'\r\nReferrer-Policy: no-referrer\r\nConnection: close\r\n\r\n{page}",
        page.len()
    );
    // A browser that is gone has brought its answer all the same.
    let _ = stream.write_all(answer.as_bytes()).await;
    let _ = stream.shutdown().await;
    Some(brought)
}

/// What the head of a request brings.
fn read(head: &[u8], state: &str) -> Brought {
    let Some(query) = query(head) else {
        return Brought::Nothing;
    };
    let field = |name: &str| {
        let mut fields = form_urlencoded::parse(query.as_bytes());
        fields
            .find(|(n, _)| n == name)
            .map(|(_, value)| value.into_owned())
    };
    let (code, error) = (field("code"), field("error"));
    if code.is_none() && error.is_none() {
        return Brought::Nothing;
    }
    if field("state").as_deref() != Some(state) {
        return Brought::Stray;
    }
    match (code, error) {
        (_, Some(error)) if error == "access_denied" => Brought::End(Err(SignInProblem::Denied)),
        (_, Some(error)) => {
            let words = field("error_description")
                .map_or(error.clone(), |words| format!("{words} ({error})"));
            // They go to a terminal, and whoever made the link to this page wrote them.
            Brought::End(Err(SignInProblem::Refused(excerpt(words.as_bytes(), &[]))))
        }
        (Some(code), None) if !code.is_empty() => Brought::End(Ok(code)),
        _ => Brought::Nothing,
    }
}

/// The query with which a request gets the root.
fn query(head: &[u8]) -> Option<&str> {
    let line = head.split(|b| *b == b'\r').next()?;
    let mut words = std::str::from_utf8(line).ok()?.split(' ');
    let (Some("GET"), Some(target)) = (words.next(), words.next()) else {
        return None;
    };
    target.strip_prefix("/?")
}

#[cfg(test)]
mod tests {
    use super::*;
    use Brought::{End, Nothing, Stray};
    use SignInProblem::{Denied, Refused};

    #[test]
    fn an_answer_is_told_from_everything_else() {
        let ask = |line: &str| {
            read(
                format!("{line}\r\nHost: 127.0.0.1\r\n\r\n").as_bytes(),
                "s t",
            )
        };
        assert_eq!(
            ask("GET /?code=a%2Fb&state=s+t HTTP/1.1"),
            End(Ok("a/b".to_owned()))
        );
        assert_eq!(
            ask("GET /?state=s%20t&code=x HTTP/1.1"),
            End(Ok("x".to_owned()))
        );
        for other in [
            "",
            "&state=",
            "&state=S+T",
            "&state=s",
            "&state=other&state=s+t",
        ] {
            let line = format!("GET /?code=x{other} HTTP/1.1");
            assert_eq!(ask(&line), Stray, "{line}");
        }
        assert_eq!(
            ask("GET /?error=access_denied&state=s+t HTTP/1.1"),
            End(Err(Denied))
        );
        assert_eq!(ask("GET /?error=access_denied&state=x HTTP/1.1"), Stray);
        let words = "No such app (invalid_request)".to_owned();
        assert_eq!(
            ask("GET /?error=invalid_request&error_description=No+such+app&state=s+t HTTP/1.1"),
            End(Err(Refused(words)))
        );
        let long = format!(
            "GET /?error=e&error_description=%1B%5B2Jx%0D%0A{}&state=s+t HTTP/1.1",
            "y".repeat(999)
        );
        let End(Err(Refused(words))) = ask(&long) else {
            unreachable!("it is refused")
        };
        assert!(words.starts_with("[2Jx y"), "{words}");
        assert_eq!(words.chars().count(), 303, "{words}");
        for nothing in [
            "GET /favicon.ico HTTP/1.1",
            "GET / HTTP/1.1",
            "GET /?x=1 HTTP/1.1",
            "GET /?code=&state=s+t HTTP/1.1",
            "POST /?code=x&state=s+t HTTP/1.1",
            "GET /other?code=x&state=s+t HTTP/1.1",
            "GET http://evil.example/?code=x&state=s+t HTTP/1.1",
            "",
            "\u{0}",
        ] {
            assert_eq!(ask(nothing), Nothing, "{nothing}");
        }
        assert_eq!(
            read(b"GET /?code=\xff&state=s HTTP/1.1\r\n\r\n", "s"),
            Nothing
        );
    }
}
