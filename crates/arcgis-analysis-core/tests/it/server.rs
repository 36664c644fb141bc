//! A server on a real socket.

use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// What a server does with one request. Not every test program wants everything of it.
#[allow(dead_code)]
pub(crate) enum Deed {
    Answer(String),
    /// Writes this and closes the connection.
    Cut(String),
    /// Writes these bytes.
    Bytes(Vec<u8>),
    /// Writes these bytes, and then nothing more for a long time.
    Stall(Vec<u8>),
    /// Writes this, and then one byte after another for ever.
    Trickle {
        head: String,
        every: Duration,
    },
    /// Never answers.
    Silence,
}

#[derive(Debug, Clone)]
pub(crate) struct Seen {
    pub(crate) connection: usize,
    pub(crate) head: String,
    pub(crate) body: String,
}

/// A server that speaks just enough HTTP.
pub(crate) struct Server {
    pub(crate) url: String,
    seen: Arc<Mutex<Vec<Seen>>>,
}

impl Server {
    pub(crate) async fn start(deed: impl Fn(&str) -> Deed + Send + Sync + 'static) -> Self {
        Self::on(TcpListener::bind("127.0.0.1:0").await.unwrap(), deed)
    }

    pub(crate) fn on(
        listener: TcpListener,
        deed: impl Fn(&str) -> Deed + Send + Sync + 'static,
    ) -> Self {
        let url = format!("http://{}", listener.local_addr().unwrap());
        let seen = Arc::new(Mutex::new(Vec::new()));
        let (deed, log) = (Arc::new(deed), seen.clone());
        tokio::spawn(async move {
            for connection in 0.. {
                let (stream, _) = listener.accept().await.unwrap();
                tokio::spawn(serve(stream, connection, deed.clone(), log.clone()));
            }
        });
        Self { url, seen }
    }

    pub(crate) fn seen(&self, path: &str) -> Vec<Seen> {
        let seen = self.seen.lock().unwrap();
        seen.iter()
            .filter(|s| s.head.lines().next().unwrap().contains(path))
            .cloned()
            .collect()
    }
}

async fn serve(
    mut stream: TcpStream,
    connection: usize,
    deed: Arc<impl Fn(&str) -> Deed + Send + Sync + 'static>,
    log: Arc<Mutex<Vec<Seen>>>,
) {
    let mut buffer = Vec::new();
    loop {
        let head = loop {
            if let Some(end) = buffer.windows(4).position(|w| w == b"\r\n\r\n") {
                break String::from_utf8(buffer.drain(..end + 4).collect()).unwrap();
            }
            if stream.read_buf(&mut buffer).await.unwrap_or(0) == 0 {
                return;
            }
        };
        let length = head.lines().find_map(|l| {
            l.to_ascii_lowercase()
                .strip_prefix("content-length: ")
                .map(str::to_owned)
        });
        let length: usize = length.map_or(0, |l| l.trim().parse().unwrap());
        while buffer.len() < length {
            if stream.read_buf(&mut buffer).await.unwrap_or(0) == 0 {
                return;
            }
        }
        let body = buffer.drain(..length).collect();
        log.lock().unwrap().push(Seen {
            connection,
            head: head.clone(),
            body: String::from_utf8(body).unwrap(),
        });
        match deed(head.lines().next().unwrap()) {
            Deed::Answer(answer) => stream.write_all(answer.as_bytes()).await.unwrap(),
            Deed::Bytes(bytes) => stream.write_all(&bytes).await.unwrap(),
            Deed::Cut(answer) => {
                stream.write_all(answer.as_bytes()).await.unwrap();
                return;
            }
            Deed::Trickle { head, every } => {
                let mut gone = stream.write_all(head.as_bytes()).await.is_err();
                while !gone {
                    tokio::time::sleep(every).await;
                    gone = stream.write_all(b" ").await.is_err();
                }
                return;
            }
            Deed::Stall(bytes) => {
                let _ = stream.write_all(&bytes).await;
                tokio::time::sleep(Duration::from_secs(600)).await;
            }
            Deed::Silence => tokio::time::sleep(Duration::from_secs(60)).await,
        }
    }
}

pub(crate) fn ok(body: &str) -> Deed {
    Deed::Answer(format!(
        "HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    ))
}
