//! A portal of a few lines, for what the local service would never do.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};

/// What becomes of the job that is submitted.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Fate {
    /// It runs for ever.
    Endless,
    /// The connection breaks before the answer to the submit.
    Lost,
}

/// Starts a portal and returns its URL. It ends with the test program.
pub(crate) fn start(fate: Fate) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let base = url.clone();
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let base = base.clone();
            std::thread::spawn(move || answer(stream, &base, fate));
        }
    });
    url
}

fn answer(stream: TcpStream, base: &str, fate: Fate) {
    let mut reader = BufReader::new(stream.try_clone().unwrap());
    let mut line = String::new();
    reader.read_line(&mut line).unwrap_or_default();
    let path = line.split(' ').nth(1).unwrap_or_default().to_owned();
    let mut length = 0;
    loop {
        line.clear();
        if reader.read_line(&mut line).unwrap_or_default() == 0 || line.trim().is_empty() {
            break;
        }
        if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
            length = value.trim().parse().unwrap();
        }
    }
    let mut body = vec![0; length];
    let _ = reader.read_exact(&mut body);

    let path = path.split('?').next().unwrap();
    let reply = if path.ends_with("/portals/self") {
        format!(
            r#"{{"helperServices": {{"analysis": {{"url": "{base}/arcgis/rest/services/tasks/GPServer"}}}}}}"#
        )
    } else if path.ends_with("/submitJob") {
        if fate == Fate::Lost {
            return;
        }
        r#"{"jobId": "j1", "jobStatus": "esriJobSubmitted"}"#.to_owned()
    } else {
        r#"{"jobId": "j1", "jobStatus": "esriJobExecuting", "messages": []}"#.to_owned()
    };
    let head = format!(
        "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\nContent-Length: {}\r\n\r\n",
        reply.len()
    );
    let mut stream = stream;
    let _ = stream.write_all((head + &reply).as_bytes());
}
