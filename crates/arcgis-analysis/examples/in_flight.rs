//! How much one process needs to drive many jobs at once, beside what other clients need on the same service.
//!
//! `tests/peers/in_flight.sh 10000` runs all of it and prints one line per client. By itself,
//! `cargo run --release -p arcgis-analysis --example in_flight -- 10000 60` drives 10,000 jobs for a minute; a local
//! service runs in a process of its own, submits for real, and says of every job that it still runs. Memory is the highest
//! of the process above what it had when it was connected, CPU and polls are those after the last submit, sockets the most
//! that were open at once. The figures of the process come from `/proc`, so they are there on Linux only.

use arcgis_analysis::spatial::create_buffers::{BufferDistance, CreateBuffers};
use arcgis_analysis::transport::{Exchange, HttpTransport, Request, Transport};
use arcgis_analysis::types::FeatureCollection;
use arcgis_analysis::{Credentials, Portal};
use arcgis_analysis_local::{FaultPlan, LocalService};
use std::error::Error;
use std::io::{BufRead, BufReader, Read};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};
use tokio::task::JoinSet;

type Outcome<T> = Result<T, Box<dyn Error>>;

fn main() -> Outcome<()> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let number = |at: usize, usual: u64| words.get(at).map_or(Ok(usual), |word| word.parse());
    match words.first().map(String::as_str) {
        Some("serve") => runtime()?.block_on(serve()),
        Some("drive") => runtime()?.block_on(drive(number(1, 10_000)?, number(2, 60)?)),
        _ => both(number(0, 10_000)?, number(1, 60)?),
    }
}

fn runtime() -> std::io::Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
}

/// Starts the service in a process of its own, and drives jobs in this one.
fn both(jobs: u64, seconds: u64) -> Outcome<()> {
    let mut service = Command::new(std::env::current_exe()?);
    let mut service = service
        .arg("serve")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()?;
    let mut url = String::new();
    if let Some(stdout) = service.stdout.take() {
        BufReader::new(stdout).read_line(&mut url)?;
    }
    let driven = Command::new(std::env::current_exe()?)
        .args(["drive", &jobs.to_string(), &seconds.to_string()])
        .env("IN_FLIGHT_PORTAL", url.trim())
        .status()?;
    // It ends with its stdin.
    drop(service.stdin.take());
    service.wait()?;
    driven
        .success()
        .then_some(())
        .ok_or_else(|| "the jobs could not be driven".into())
}

/// A service of which no job ever ends, until stdin does.
async fn serve() -> Outcome<()> {
    let running = r#"{"jobId": "{jobId}", "jobStatus": "esriJobExecuting", "messages": []}"#;
    let plan = format!(r#"{{"faults": [{{"path": "jobs/*", "body": {running}}}]}}"#);
    let service = LocalService::builder()
        .username("ann")
        .password("pw")
        .most_connections(20_000)
        .faults(FaultPlan::from_json(&plan)?)
        .start()
        .await?;
    println!("{}", service.portal_url());
    tokio::task::spawn_blocking(|| std::io::stdin().read_to_end(&mut Vec::new())).await??;
    service.shutdown().await;
    Ok(())
}

/// Counts the looks at jobs.
#[derive(Debug)]
struct Counting {
    http: HttpTransport,
    polls: Arc<AtomicU64>,
}

impl Transport for Counting {
    fn send(&self, request: Request) -> Exchange<'_> {
        if request.url().contains("/jobs/") {
            self.polls.fetch_add(1, Ordering::Relaxed);
        }
        self.http.send(request)
    }
}

async fn drive(jobs: u64, seconds: u64) -> Outcome<()> {
    let polls = Arc::new(AtomicU64::new(0));
    let transport = Counting {
        http: HttpTransport::new(Duration::from_secs(10)),
        polls: polls.clone(),
    };
    let portal = Portal::builder(std::env::var("IN_FLIGHT_PORTAL")?)
        .credentials(Credentials::password("ann", "pw"))
        .transport(transport)
        .connect()
        .await?;
    let before = status("VmRSS:")?;
    let mut watched = JoinSet::new();
    let mut sockets = 0;
    let began = Instant::now();
    for number in 0..jobs {
        let point =
            FeatureCollection::from_geojson(r#"{"type": "Point", "coordinates": [7.6, 47.5]}"#)?;
        let task = CreateBuffers::new(point, BufferDistance::values([5.0]));
        let job = portal.submit(&task).await?;
        watched.spawn(async move { job.wait(None).await.map(|_| ()) });
        if number % 1_000 == 0 {
            sockets = sockets.max(open_sockets()?);
        }
    }
    let submitting = began.elapsed();
    let (cpu, first) = (cpu_time()?, polls.load(Ordering::Relaxed));
    let until = Instant::now() + Duration::from_secs(seconds);
    while Instant::now() < until {
        tokio::time::sleep(Duration::from_millis(500)).await;
        sockets = sockets.max(open_sockets()?);
    }
    let (cpu, polls) = (cpu_time()? - cpu, polls.load(Ordering::Relaxed) - first);
    let mut lost = 0;
    while let Some(ended) = watched.try_join_next() {
        lost += u64::from(ended?.is_err());
    }
    let memory = status("VmHWM:")?.saturating_sub(before);
    println!(
        "client               jobs   lost   kB/job   us CPU/poll   sockets    polls   s to submit"
    );
    println!(
        "{:<18} {jobs:>6} {lost:>6} {:>8.2} {:>13.1} {sockets:>9} {polls:>8} {:>13.1}",
        "arcgis-analysis",
        memory as f64 / jobs as f64,
        cpu.as_secs_f64() * 1e6 / polls.max(1) as f64,
        submitting.as_secs_f64(),
    );
    Ok(())
}

/// A figure of `/proc/self/status`, in kB.
fn status(name: &str) -> Outcome<u64> {
    let text = std::fs::read_to_string("/proc/self/status")?;
    let line = text.lines().find_map(|line| line.strip_prefix(name));
    let figure = line
        .and_then(|line| line.split_whitespace().next())
        .ok_or(name)?;
    Ok(figure.parse()?)
}

/// What this process has used of the processors.
fn cpu_time() -> Outcome<Duration> {
    let text = std::fs::read_to_string("/proc/self/stat")?;
    // The name, in parentheses, may hold blanks; after it the 12th and 13th fields are user and system time in ticks.
    let rest = text.rsplit(')').next().unwrap_or_default();
    let ticks: u64 = rest
        .split_whitespace()
        .skip(11)
        .take(2)
        .filter_map(|field| field.parse::<u64>().ok())
        .sum();
    // A tick is a hundredth of a second on every Linux there is.
    Ok(Duration::from_millis(10 * ticks))
}

fn open_sockets() -> Outcome<usize> {
    let all = std::fs::read_dir("/proc/self/fd")?;
    let targets = all.filter_map(|entry| std::fs::read_link(entry.ok()?.path()).ok());
    Ok(targets
        .filter(|target| target.to_string_lossy().starts_with("socket:"))
        .count())
}
