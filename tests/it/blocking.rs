//! The blocking facade on real sockets, from threads without a runtime and from those of one.

use arcgis_analysis::blocking::Portal;
use arcgis_analysis::spatial::create_buffers::{BufferDistance, CreateBuffers};
use arcgis_analysis::{Credentials, ErrorKind, FeatureCollection};
use arcgis_analysis_local::{LocalService, Persona};
use std::thread;
use std::time::Duration;

/// A local service with a runtime of its own, beside the thread that tests.
struct Served {
    service: Option<LocalService>,
    runtime: tokio::runtime::Runtime,
}

impl Served {
    fn start() -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .enable_all()
            .build()
            .unwrap();
        let service = LocalService::builder().persona(Persona::Online).start();
        let service = Some(runtime.block_on(service).unwrap());
        Self { service, runtime }
    }

    fn service(&self) -> &LocalService {
        self.service.as_ref().unwrap()
    }

    fn connect(&self) -> arcgis_analysis::Result<Portal> {
        let service = self.service();
        let credentials = Credentials::password(service.username(), service.password());
        Portal::connect(service.portal_url(), credentials)
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        if let Some(service) = self.service.take() {
            self.runtime.block_on(service.shutdown());
        }
    }
}

fn task() -> CreateBuffers {
    let point = r#"{"type": "Point", "coordinates": [7.6, 47.5]}"#;
    let point = FeatureCollection::from_geojson(point).unwrap();
    CreateBuffers::new(point, BufferDistance::values([5.0]))
}

#[test]
fn a_task_is_run_in_one_call_and_in_steps() {
    let served = Served::start();
    let portal = served.connect().unwrap();
    assert_eq!(portal.username(), Some(served.service().username()));
    assert!(portal.token_expires().unwrap().is_some());
    let results = portal.run(&task()).unwrap();
    assert_eq!(results.buffer_layer.features().unwrap().features().len(), 1);

    let job = portal.submit(&task()).unwrap();
    let updates: Vec<_> = job.updates().collect::<Result<_, _>>().unwrap();
    assert_eq!(updates.last().unwrap().status.as_str(), "esriJobSucceeded");
    let token = job.token().to_string();
    // On another thread, with another portal, as in another process.
    let resumed = thread::spawn({
        let portal = served.connect().unwrap();
        move || portal.resume::<CreateBuffers>(&token).unwrap().join()
    });
    let expected = job.results().unwrap();
    assert_eq!(resumed.join().unwrap().unwrap(), expected);

    assert_eq!(portal.estimate(&task()).unwrap().cost, Some(0.001));
    let refused = portal.with_max_credits(0.0).run(&task()).unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::CreditLimit);
    let raw = job.raw();
    assert_eq!(
        raw.wait(Some(Duration::from_secs(60))).unwrap().status,
        raw.status().unwrap().status
    );
    assert!(raw.outputs().unwrap().iter().next().is_some());
}

#[test]
fn threads_share_a_portal() {
    let served = Served::start();
    let portal = served.connect().unwrap();
    thread::scope(|scope| {
        let runs: Vec<_> = (0..8)
            .map(|_| scope.spawn(|| portal.run(&task()).is_ok()))
            .collect();
        assert!(runs.into_iter().all(|run| run.join().unwrap()));
    });
}

#[test]
fn within_a_runtime_it_refuses_and_does_not_panic() {
    let served = Served::start();
    let portal = served.connect().unwrap();
    let job = portal.submit(&task()).unwrap();
    let kinds = served.runtime.block_on(async {
        let inside = vec![
            served.connect().unwrap_err().kind(),
            portal.run(&task()).unwrap_err().kind(),
            job.status().unwrap_err().kind(),
            job.updates().next().unwrap().unwrap_err().kind(),
        ];
        let blocking = tokio::task::spawn_blocking({
            let portal = portal.clone();
            move || portal.run(&task()).unwrap_err().kind()
        });
        // The last handle of the portal's runtime goes here, which must not panic either.
        let last = served_elsewhere(&served);
        drop(last);
        [inside, vec![blocking.await.unwrap()]].concat()
    });
    assert_eq!(kinds, [ErrorKind::InsideRuntime; 5]);
    // Nothing of it broke what is called from outside.
    assert!(job.join().is_ok());
}

/// A portal that was made on a thread of its own.
fn served_elsewhere(served: &Served) -> Portal {
    thread::scope(|scope| scope.spawn(|| served.connect().unwrap()).join().unwrap())
}
