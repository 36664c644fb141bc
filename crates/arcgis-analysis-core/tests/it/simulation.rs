//! Hours of many jobs on a service that fails at random, in virtual time: each job ends, none is made twice, none is lost, and
//! tokens are made one at a time and only when one is needed.

use crate::support::{MeasureThings, PORTAL, SERVICE};
use arcgis_analysis_core::transport::{
    Exchange, Method, Request, Response, Transport, TransportError, TransportErrorKind,
};
use arcgis_analysis_core::{Credentials, Error, ErrorKind, Polling, Portal, PortalBuilder};
use arcgis_analysis_types::serde_json::{Value, json};
use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, timeout};
use url::form_urlencoded;

const JOBS: usize = 200;

/// How long a token lives by what the portal says.
const LIFE: Duration = Duration::from_secs(1_800);

/// How long before its end a token may be renewed, whoever needs it.
const EARLY: Duration = Duration::from_secs(60);

/// Longer than any job, with all that it may wait for.
const WHILE: Duration = Duration::from_secs(7 * 24 * 60 * 60);

/// A portal and a service in one, and what became of what it was asked.
#[derive(Debug)]
struct World {
    chance: fastrand::Rng,
    began: Instant,
    /// When nobody can be reached, in seconds since the beginning.
    outages: Vec<(f64, f64)>,
    token: Option<Token>,
    tokens: usize,
    /// How many requests for a token are under way.
    making: usize,
    jobs: HashMap<String, Job>,
    /// How many jobs were made for each call.
    made: HashMap<String, usize>,
    requests: usize,
    faults: usize,
    wrong: Vec<String>,
}

#[derive(Debug)]
struct Token {
    text: String,
    made: Instant,
    /// When it serves no more, whatever was said.
    ends: Instant,
    /// Whether it is one that the client need not know, or that was refused.
    is_spent: bool,
}

#[derive(Debug)]
struct Job {
    ends: Instant,
    succeeds: bool,
    looks: usize,
}

/// What goes wrong with a request.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Fault {
    NotSent,
    Lost,
    Status(u16),
    Busy,
    Page,
    TokenRefused,
    CutJson,
}

#[derive(Debug, Clone)]
struct Simulated(Arc<Mutex<World>>);

impl Transport for Simulated {
    fn send(&self, request: Request) -> Exchange<'_> {
        Box::pin(async move {
            let (arrives, returns) = self.0.lock().unwrap().begin(&request);
            let answered = async {
                sleep(arrives).await;
                let answer = self.0.lock().unwrap().answer(&request);
                sleep(returns).await;
                answer
            };
            let answer = timeout(request.timeout(), answered).await;
            self.0.lock().unwrap().end(&request, answer.is_ok());
            let late = || TransportError::new(TransportErrorKind::TimedOut, "no answer in time");
            answer.unwrap_or_else(|_| Err(late()))
        })
    }
}

fn is_token(request: &Request) -> bool {
    request.url().ends_with("/generateToken")
}

fn json_of(document: &Value) -> Result<Response, TransportError> {
    Ok(Response::new(200, [], document.to_string().into_bytes()))
}

impl World {
    fn new(seed: u64) -> Self {
        let mut chance = fastrand::Rng::with_seed(seed);
        let outages = (0..chance.usize(..4)).map(|_| {
            let from = chance.f64() * 20_000.0;
            (from, from + chance.f64() * 300.0)
        });
        Self {
            outages: outages.collect(),
            chance,
            began: Instant::now(),
            token: None,
            tokens: 0,
            making: 0,
            jobs: HashMap::new(),
            made: HashMap::new(),
            requests: 0,
            faults: 0,
            wrong: Vec::new(),
        }
    }

    /// How long the request takes to come and the answer to return.
    fn begin(&mut self, request: &Request) -> (Duration, Duration) {
        self.requests += 1;
        let at = self.began.elapsed();
        if request.url().contains("PLANTED") {
            self.wrong.push(format!("a secret in {}", request.url()));
        }
        if is_token(request) {
            self.making += 1;
            if self.making > 1 {
                self.wrong
                    .push(format!("two tokens are made at once at {at:?}"));
            }
            let fresh = self.token.as_ref().filter(|token| !token.is_spent);
            if fresh.is_some_and(|token| token.made.elapsed() + EARLY < LIFE) {
                self.wrong
                    .push(format!("a token is made at {at:?} that nobody needs"));
            }
        }
        if let Some(job) = self.job(request.url()) {
            job.looks += 1;
            if job.looks > 1 {
                let twice = format!("two looks at once at {}", request.url());
                self.wrong.push(twice);
            }
        }
        let mut span = || match self.chance.f64() < 0.01 {
            true => Duration::from_secs(self.chance.u64(10..90)),
            false => Duration::from_millis(self.chance.u64(5..2_000)),
        };
        (span(), span())
    }

    fn end(&mut self, request: &Request, came: bool) {
        if is_token(request) {
            self.making -= 1;
            if !came {
                self.lose_token();
            }
        }
        if let Some(job) = self.job(request.url()) {
            job.looks -= 1;
        }
    }

    /// The job that is looked at.
    fn job(&mut self, url: &str) -> Option<&mut Job> {
        let (_, id) = url.split_once("/jobs/")?;
        self.jobs.get_mut(id.strip_suffix("?f=json")?)
    }

    fn fault(&mut self) -> Option<Fault> {
        let now = self.began.elapsed().as_secs_f64();
        let is_out = self
            .outages
            .iter()
            .any(|(from, to)| (*from..*to).contains(&now));
        let all = [
            Fault::NotSent,
            Fault::Lost,
            Fault::Status(500),
            Fault::Status(502),
            Fault::Status(429),
            Fault::Busy,
            Fault::Page,
            Fault::TokenRefused,
            Fault::CutJson,
        ];
        match is_out {
            true => Some(Fault::NotSent),
            false => (self.chance.f64() < 0.1).then(|| all[self.chance.usize(..all.len())]),
        }
    }

    fn answer(&mut self, request: &Request) -> Result<Response, TransportError> {
        let fault = self.fault();
        self.faults += usize::from(fault.is_some());
        // Some strike before the request has an effect, and some after.
        let is_before = match fault {
            Some(Fault::NotSent | Fault::Busy | Fault::TokenRefused | Fault::Status(429)) => true,
            Some(_) => self.chance.bool(),
            None => false,
        };
        let is_served = is_token(request) || self.is_served(request);
        let refusal = json!({ "error": { "code": 498, "message": "Invalid token." } });
        let truth = match (is_before, is_served) {
            (false, true) => self.act(request),
            (false, false) => refusal.clone(),
            (true, _) => json!({}),
        };
        let error = |kind| Err(TransportError::new(kind, "as the simulation has it"));
        let answer = match fault {
            None => return json_of(&truth),
            Some(Fault::NotSent) => error(TransportErrorKind::NotSent),
            Some(Fault::Lost) => error(TransportErrorKind::Interrupted),
            Some(Fault::Status(status)) => Ok(Response::new(status, [], Vec::new())),
            Some(Fault::Busy) => {
                let wait = ("Retry-After".to_owned(), self.chance.u64(1..20).to_string());
                Ok(Response::new(503, [wait], Vec::new()))
            }
            Some(Fault::Page) => Ok(Response::new(200, [], b"<html>Sign in</html>".to_vec())),
            Some(Fault::TokenRefused) if !is_token(request) => {
                self.spend(request);
                json_of(&refusal)
            }
            Some(Fault::TokenRefused) => Ok(Response::new(500, [], Vec::new())),
            Some(Fault::CutJson) => {
                let text = truth.to_string();
                Ok(Response::new(
                    200,
                    [],
                    text.as_bytes()[..text.len() - 1].to_vec(),
                ))
            }
        };
        if is_token(request) {
            self.lose_token();
        }
        answer
    }

    /// A token that was made and never came is none to whoever asked.
    fn lose_token(&mut self) {
        if let Some(token) = &mut self.token {
            token.is_spent = true;
        }
    }

    /// Whether the request has a token that serves.
    fn is_served(&mut self, request: &Request) -> bool {
        let served = self.token.as_ref().is_some_and(|token| {
            carried(request) == Some(token.text.as_str()) && Instant::now() < token.ends
        });
        if !served {
            self.spend(request);
        }
        served
    }

    /// Whoever shows a token that is refused is to have another.
    fn spend(&mut self, request: &Request) {
        let carried = carried(request);
        if let Some(token) = self
            .token
            .as_mut()
            .filter(|token| carried == Some(token.text.as_str()))
        {
            token.is_spent = true;
        }
    }

    /// What is asked for is done.
    fn act(&mut self, request: &Request) -> Value {
        let url = request.url();
        if is_token(request) {
            self.tokens += 1;
            let text = format!("PLANTED-token-{}", self.tokens);
            // One in three serves for less time than was said.
            let ends = match self.chance.usize(..3) {
                0 => LIFE.mul_f64(self.chance.f64()),
                _ => LIFE,
            };
            let now = Instant::now();
            self.token = Some(Token {
                text: text.clone(),
                made: now,
                ends: now + ends,
                is_spent: false,
            });
            return json!({ "token": text, "expires_in": LIFE.as_secs() });
        }
        if url.contains("/portals/self") {
            return json!({ "user": { "username": "ada" }, "helperServices": { "analysis": { "url": SERVICE } } });
        }
        if request.method() == Method::Post && url.ends_with("/submitJob") {
            let mut fields = form_urlencoded::parse(request.body().unwrap_or_default());
            let note = fields
                .find(|(name, _)| name == "note")
                .unwrap()
                .1
                .into_owned();
            *self.made.entry(note.clone()).or_default() += 1;
            // From a second to six hours, as many short ones as long.
            let takes = Duration::from_secs_f64((self.chance.f64() * 21_600.0_f64.ln()).exp());
            let job = Job {
                ends: Instant::now() + takes,
                succeeds: self.chance.f64() < 0.9,
                looks: 0,
            };
            self.jobs.insert(note.clone(), job);
            return json!({ "jobId": note, "jobStatus": "esriJobSubmitted" });
        }
        if url.contains("/results/") {
            return json!({ "paramName": "measuredLayer", "value": { "url": "https://x.org/FeatureServer/0" } });
        }
        let Some(job) = self.job(url) else {
            return json!({ "error": { "code": 400, "message": "No such job." } });
        };
        let status = match (Instant::now() < job.ends, job.succeeds) {
            (true, _) => "esriJobExecuting",
            (false, true) => "esriJobSucceeded",
            (false, false) => "esriJobFailed",
        };
        let (_, id) = url.split_once("/jobs/").unwrap();
        let results = json!({ "measuredLayer": { "paramUrl": "results/measuredLayer" } });
        json!({ "jobId": id.trim_end_matches("?f=json"), "jobStatus": status, "results": results })
    }
}

fn carried(request: &Request) -> Option<&str> {
    let mut headers = request.headers();
    headers
        .find(|(name, _)| *name == "X-Esri-Authorization")?
        .1
        .strip_prefix("Bearer ")
}

/// How a call ended, with the job's URL if there was one.
type Ended = (Option<String>, Result<(), Error>);

async fn call(portal: Portal, number: usize) -> Ended {
    sleep(Duration::from_secs(number as u64 * 7)).await;
    let mut task = MeasureThings::new("https://example.com/FeatureServer/0");
    task.note = Some(format!("n{number}"));
    match portal.submit(&task).await {
        Err(error) => (None, Err(error)),
        Ok(job) => (Some(job.url().to_owned()), job.await.map(|_| ())),
    }
}

fn builder(simulated: &Simulated, seed: u64) -> PortalBuilder {
    let mut polling = Polling::default();
    polling.seed = Some(seed);
    Portal::builder(PORTAL)
        .credentials(Credentials::password("ada", "PLANTED-password"))
        .transport(simulated.clone())
        .polling(polling)
}

/// Plays one seed, and says what it came to. What fails names its seed, which plays nearly the same again: the faults are those
/// of the seed, but which of the tasks that wake at one moment runs first is the runtime's choice.
async fn play(seed: u64) -> String {
    let simulated = Simulated(Arc::new(Mutex::new(World::new(seed))));
    let portal = loop {
        // Nothing is submitted before it is connected, so it may be tried again.
        match builder(&simulated, seed).connect().await {
            Ok(portal) => break portal,
            Err(error) => assert!(
                error.is_transient() || error.kind() == ErrorKind::Protocol,
                "seed {seed}: {error}"
            ),
        }
    };
    let mut calls = JoinSet::new();
    for number in 0..JOBS {
        let portal = portal.clone();
        calls.spawn(async move { (number, timeout(WHILE, call(portal, number)).await) });
    }
    let (mut done, mut failed, mut unknown, mut unobserved, mut refused) = (0, 0, 0, 0, 0);
    while let Some(ended) = calls.join_next().await {
        let (number, ended) = ended.unwrap();
        let (url, outcome) =
            ended.unwrap_or_else(|_| panic!("seed {seed}: call {number} never ends"));
        let id = format!("n{number}");
        let world = simulated.0.lock().unwrap();
        let made = world.made.get(&id).copied().unwrap_or_default();
        assert!(made <= 1, "seed {seed}: call {number} made {made} jobs");
        let (ended, succeeds) = match world.jobs.get(&id) {
            Some(job) => (job.ends <= Instant::now(), job.succeeds),
            None => (false, false),
        };
        let told = format!("seed {seed}, call {number}: {url:?}, {outcome:?}");
        assert!(!told.contains("PLANTED"), "{told}");
        match (&url, &outcome) {
            (Some(_), Ok(())) => {
                assert!(ended && succeeds, "{told}");
                done += 1;
            }
            (Some(url), Err(error)) => {
                assert_eq!((made, error.job_url()), (1, Some(url.as_str())), "{told}");
                match error.kind() {
                    ErrorKind::JobFailed => {
                        assert!(ended && !succeeds, "{told}");
                        failed += 1;
                    }
                    // The job is not lost: its URL is told.
                    _ => unobserved += 1,
                }
            }
            (None, Err(error)) if error.kind() == ErrorKind::SubmitOutcomeUnknown => unknown += 1,
            (None, Err(_)) => {
                assert_eq!(made, 0, "{told}");
                refused += 1;
            }
            (None, Ok(())) => unreachable!("what ended well was a job"),
        }
    }
    let world = simulated.0.lock().unwrap();
    assert_eq!(world.wrong, Vec::<String>::new(), "seed {seed}");
    assert!(
        world.faults > world.requests / 20,
        "seed {seed}: {} faults",
        world.faults
    );
    assert!(done > JOBS / 2, "seed {seed}: {done} done");
    format!(
        "seed {seed}: {} requests, {} faults, {} tokens in {:.1?}: {done} done, {failed} failed, {unknown} unknown, \
         {unobserved} not observed, {refused} refused",
        world.requests,
        world.faults,
        world.tokens,
        world.began.elapsed()
    )
}

fn simulated(seed: u64) -> String {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build();
    runtime.unwrap().block_on(play(seed))
}

/// `SEEDS=1000 cargo test --release -p arcgis-analysis-core --test it simulation -- --nocapture` plays more of them.
#[test]
fn many_jobs_on_a_bad_service_all_end_and_are_made_once() {
    let seeds: u64 = std::env::var("SEEDS").map_or(8, |text| text.parse().unwrap());
    for seed in 0..seeds {
        println!("{}", simulated(seed));
    }
}
