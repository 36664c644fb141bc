#![allow(clippy::unwrap_used)]

use super::*;
use proptest::prelude::*;
use std::time::UNIX_EPOCH;

const URL: &str = "https://analysis.arcgis.com/arcgis/rest/services/tasks/GPServer/T/jobs/j1";

/// Long after all that happens here.
fn later() -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(1 << 33)
}

fn ledger() -> (tempfile::TempDir, Ledger) {
    let folder = tempfile::tempdir().unwrap();
    let ledger = Ledger::open(folder.path().join("deep/down")).unwrap();
    (folder, ledger)
}

fn intent<'a>(task: &'a str) -> Event<'a> {
    Event::Intent {
        task,
        service: "spatial-analysis",
        portal: "https://www.arcgis.com",
        username: Some("ada"),
    }
}

fn intend(ledger: &Ledger, id: &str) {
    let written = ledger.writer.write(id, &intent("T"));
    written.blocking_recv().unwrap().unwrap();
}

/// Outside a runtime a line is written at once.
fn note(ledger: &Ledger, id: &str, event: &Event<'_>) {
    drop(ledger.note(id, event));
}

fn states(ledger: &Ledger) -> Vec<String> {
    let jobs = ledger.jobs().unwrap();
    jobs.iter()
        .map(|job| format!("{} {}", job.id, job.state.as_str()))
        .collect()
}

#[test]
fn a_job_is_known_from_its_intent_on() {
    let (_folder, ledger) = ledger();
    assert_eq!(ledger.jobs().unwrap(), []);
    intend(&ledger, "one");
    assert_eq!(states(&ledger), ["one unknown"]);
    note(&ledger, "one", &Event::Submitted(URL));
    note(&ledger, "one", &Event::State(&JobStatus::Executing, None));
    intend(&ledger, "two");
    note(&ledger, "two", &Event::NotSubmitted("the server refused"));
    assert_eq!(
        states(&ledger),
        ["one esriJobExecuting", "two not-submitted"]
    );
    let length = Duration::from_millis(1500);
    note(
        &ledger,
        "one",
        &Event::State(&JobStatus::Succeeded, Some(length)),
    );
    note(&ledger, "one", &Event::Taken);
    // Somebody else may have looked earlier and written later.
    note(&ledger, "one", &Event::State(&JobStatus::Executing, None));
    let job = ledger.job("one").unwrap();
    assert_eq!(job.state, LedgerState::Submitted(JobStatus::Succeeded));
    assert_eq!((job.length, job.taken), (Some(length), true));
    assert_eq!(
        (job.task.as_str(), job.username.as_deref()),
        ("T", Some("ada"))
    );
    assert!(job.intended.elapsed().unwrap() < Duration::from_secs(60));
}

#[test]
fn a_job_is_found_by_name_beginning_and_url() {
    let (_folder, ledger) = ledger();
    for id in ["abc1", "abd2"] {
        intend(&ledger, id);
    }
    note(&ledger, "abd2", &Event::Submitted(URL));
    for name in ["abc", "ABC1", "abc1"] {
        assert_eq!(ledger.job(name).unwrap().id, "abc1");
    }
    assert_eq!(ledger.job(URL).unwrap().id, "abd2");
    for (name, problem) in [
        (
            "ab",
            "the ledger has 2 jobs whose names begin with `ab`; give more of it",
        ),
        ("x", "the ledger has no job `x`"),
    ] {
        let error = ledger.job(name).unwrap_err();
        assert_eq!(
            (error.kind(), error.to_string().as_str()),
            (ErrorKind::NotFound, problem)
        );
    }
    assert!(ledger.job("").is_err());
}

#[test]
fn names_differ() {
    let names: std::collections::HashSet<_> = (0..1000).map(|_| record::name()).collect();
    assert_eq!(names.len(), 1000);
    assert!(names.iter().all(|name| name.len() == 10));
}

/// A text of several jobs, and how many bytes each of its lines ends at.
fn text() -> Vec<u8> {
    let at = UNIX_EPOCH + Duration::from_secs(1_700_000_000);
    [
        record::line("one", at, &intent("T")),
        record::line("one", at, &Event::Submitted(URL)),
        record::line("two", at, &intent("Ü")),
        record::line("one", at, &Event::State(&JobStatus::Failed, None)),
        record::line("two", at, &Event::Unknown("the answer was lost")),
    ]
    .concat()
    .into_bytes()
}

#[test]
fn whatever_a_crash_cuts_off_only_the_last_line_is_lost() {
    let text = text();
    let whole = record::fold(&text);
    assert_eq!(whole.len(), 2);
    for cut in 0..text.len() {
        let lines = text[..cut].iter().filter(|b| **b == b'\n').count();
        let end = text[..cut]
            .iter()
            .rposition(|b| *b == b'\n')
            .map_or(0, |at| at + 1);
        let (jobs, clean) = (record::fold(&text[..cut]), record::fold(&text[..end]));
        // A line without its end is a record all the same if it is whole.
        let one_more = text.get(cut) == Some(&b'\n');
        assert!(jobs == clean || one_more, "{cut}: {lines} lines");
        let (folder, ledger) = ledger();
        std::fs::write(ledger.folder().join("ledger.log"), &text[..cut]).unwrap();
        intend(&ledger, "three");
        assert_eq!(ledger.jobs().unwrap().last().unwrap().id, "three", "{cut}");
        assert_eq!(ledger.jobs().unwrap().len(), jobs.len() + 1, "{cut}");
        drop(folder);
    }
}

#[test]
fn no_damaged_byte_makes_up_a_job() {
    let text = text();
    let whole = record::fold(&text);
    for at in 0..text.len() {
        for flip in [0x01, 0x20, 0x80] {
            let mut damaged = text.clone();
            damaged[at] ^= flip;
            for job in record::fold(&damaged) {
                assert!(
                    whole
                        .iter()
                        .any(|known| (&known.id, &known.task) == (&job.id, &job.task)),
                    "{at}: {job:?}"
                );
                assert!(job.url.is_none() || job.url.as_deref() == Some(URL), "{at}");
            }
        }
    }
}

#[test]
fn a_shorter_text_says_the_same() {
    let jobs = record::fold(&text());
    let shorter = record::shorten(&jobs, (10, 10), later());
    assert_eq!(record::fold(shorter.as_bytes()), jobs);
    let ended = record::shorten(&jobs, (0, 10), later());
    assert_eq!(record::fold(ended.as_bytes()), jobs[1..]);
    let open = record::shorten(&jobs, (10, 0), later());
    assert_eq!(record::fold(open.as_bytes()), jobs[..1]);
}

#[test]
fn it_stays_small_and_keeps_the_latest_jobs() {
    let (_folder, ledger) = ledger();
    let path = ledger.folder().join("ledger.log");
    let mut text = String::new();
    for number in 0..40_000 {
        let id = format!("job{number}");
        text += &record::line(&id, UNIX_EPOCH, &intent("T"));
        text += &record::line(&id, UNIX_EPOCH, &Event::NotSubmitted("no"));
    }
    text += &record::line("open", UNIX_EPOCH, &intent("T"));
    assert!(text.len() > 8 << 20);
    std::fs::write(&path, text).unwrap();
    intend(&ledger, "last");
    assert!(std::fs::metadata(&path).unwrap().len() < 1 << 20);
    let jobs = ledger.jobs().unwrap();
    assert_eq!(jobs.len(), 1_002);
    assert_eq!(
        (jobs[0].id.as_str(), jobs[1001].id.as_str()),
        ("job39000", "last")
    );
    assert_eq!(jobs[1000].id, "open");
}

#[test]
fn what_may_still_run_is_forgotten_by_its_age_and_never_by_its_number() {
    let jobs = record::fold(&text());
    let intended = jobs[0].intended;
    let within = intended + Duration::from_secs(24 * 60 * 60);
    let kept = record::shorten(&jobs, (0, 0), within);
    let open: Vec<_> = jobs.iter().filter(|job| !job.is_over()).cloned().collect();
    assert_eq!(record::fold(kept.as_bytes()), open);
    assert_eq!(record::shorten(&jobs, (0, 0), later()), "");
}

#[test]
fn a_server_that_says_a_lot_fills_no_disk() {
    let (_folder, ledger) = ledger();
    let sermon = "no ".repeat(1 << 20);
    for number in 0..20 {
        let id = format!("job{number}");
        intend(&ledger, &id);
        note(&ledger, &id, &Event::NotSubmitted(&sermon));
    }
    let path = ledger.folder().join("ledger.log");
    assert!(std::fs::metadata(&path).unwrap().len() < 40_000);
    assert!(sermon.starts_with(ledger.job("job7").unwrap().reason.unwrap().as_str()));
}

#[cfg(unix)]
#[test]
fn a_file_that_cannot_be_shorter_is_not_replaced_again_and_again() {
    use std::os::unix::fs::MetadataExt;
    let (_folder, ledger) = ledger();
    let path = ledger.folder().join("ledger.log");
    let now = SystemTime::now();
    let mut text = String::new();
    let mut count = 0;
    while text.len() <= 8 << 20 {
        text += &record::line(&format!("job{count}"), now, &intent("T"));
        count += 1;
    }
    std::fs::write(&path, text).unwrap();
    let file = || std::fs::metadata(&path).unwrap().ino();
    let given = file();
    intend(&ledger, "one");
    let shorter = file();
    assert_ne!(shorter, given);
    intend(&ledger, "two");
    assert_eq!(file(), shorter);
    assert_eq!(ledger.jobs().unwrap().len(), count + 2);
}

#[test]
fn what_was_appended_counts_although_the_file_could_not_be_made_shorter() {
    let (_folder, ledger) = ledger();
    let path = ledger.folder().join("ledger.log");
    intend(&ledger, "first");
    let line = record::line("first", UNIX_EPOCH, &Event::Submitted(URL));
    let text = line.repeat((8 << 20) / line.len() + 2);
    let mut file = std::fs::File::options().append(true).open(&path).unwrap();
    std::io::Write::write_all(&mut file, text.as_bytes()).unwrap();
    // Nothing can be written where the shorter file should be.
    std::fs::create_dir(ledger.folder().join("ledger.new")).unwrap();
    intend(&ledger, "second");
    assert_eq!(
        states(&ledger),
        ["first esriJobSubmitted", "second unknown"]
    );
    std::fs::remove_dir(ledger.folder().join("ledger.new")).unwrap();
    intend(&ledger, "third");
    assert!(std::fs::metadata(&path).unwrap().len() < 10_000);
    assert_eq!(ledger.jobs().unwrap().len(), 3);
}

#[test]
fn a_lock_that_is_never_let_go_is_an_error() {
    let (_folder, ledger) = ledger();
    let held = file::lock(ledger.folder(), Duration::ZERO).unwrap();
    let error = file::lock(ledger.folder(), Duration::ZERO).unwrap_err();
    assert_eq!(error.kind(), std::io::ErrorKind::TimedOut);
    drop(held);
    file::lock(ledger.folder(), Duration::ZERO).unwrap();
}

#[test]
fn many_writers_lose_nothing() {
    let (_folder, ledger) = ledger();
    std::thread::scope(|scope| {
        for writer in 0..8 {
            let ledger = ledger.clone();
            scope.spawn(move || {
                for number in 0..25 {
                    let id = format!("{writer}-{number}");
                    intend(&ledger, &id);
                    note(&ledger, &id, &Event::Submitted(URL));
                }
            });
        }
    });
    let jobs = ledger.jobs().unwrap();
    assert_eq!(jobs.len(), 200);
    assert!(jobs.iter().all(|job| job.url.is_some()));
}

/// Runs async work, whose writes are made on threads of their own.
fn block_on<T>(work: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().build();
    runtime.unwrap().block_on(work)
}

#[test]
fn many_tasks_lose_nothing_and_keep_their_order() {
    let (_folder, ledger) = ledger();
    block_on(async {
        let tasks: Vec<_> = (0..500)
            .map(|number| {
                let ledger = ledger.clone();
                tokio::spawn(async move {
                    let id = format!("job{number}");
                    let written = ledger.writer.write(&id, &intent("T")).await;
                    written.unwrap().unwrap();
                    assert!(ledger.jobs().unwrap().iter().any(|job| job.id == id));
                    drop(ledger.note(&id, &Event::Submitted(URL)));
                    drop(ledger.note(&id, &Event::State(&JobStatus::Executing, None)));
                    ledger
                        .note(&id, &Event::State(&JobStatus::Succeeded, None))
                        .await;
                })
            })
            .collect();
        for task in tasks {
            task.await.unwrap();
        }
    });
    let jobs = ledger.jobs().unwrap();
    assert_eq!(jobs.len(), 500);
    let done = LedgerState::Submitted(JobStatus::Succeeded);
    assert!(
        jobs.iter()
            .all(|job| job.state == done && job.url.is_some())
    );
}

#[test]
fn what_was_handed_over_is_written_although_the_runtime_ends() {
    let (_folder, ledger) = ledger();
    intend(&ledger, "one");
    let held = file::lock(ledger.folder(), Duration::ZERO).unwrap();
    for url in ["https://example.com/first", URL] {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .max_blocking_threads(1)
            .build();
        let runtime = runtime.unwrap();
        // The one thread for such work is taken, so a line that comes to it waits.
        let (_sender, taken) = std::sync::mpsc::channel::<()>();
        let begun = Arc::new(std::sync::Barrier::new(2));
        let there = begun.clone();
        let blocked = runtime.spawn_blocking(move || {
            there.wait();
            let _ = taken.recv_timeout(Duration::from_millis(200));
        });
        begun.wait();
        runtime.block_on(async { drop(ledger.note("one", &Event::Submitted(url))) });
        drop(blocked);
        runtime.shutdown_background();
    }
    drop(held);
    block_on(ledger.settled());
    assert_eq!(ledger.job("one").unwrap().url.as_deref(), Some(URL));
}

#[test]
fn an_intent_that_nobody_waits_for_any_more_is_not_written() {
    let (_folder, ledger) = ledger();
    let held = file::lock(ledger.folder(), Duration::ZERO).unwrap();
    block_on(async {
        // The first is at the lock already; the others are behind it.
        let first = ledger.writer.write("first", &intent("T"));
        while ledger.writer.is_waiting() {
            tokio::task::yield_now().await;
        }
        drop(ledger.writer.write("second", &intent("T")));
        let third = ledger.writer.write("third", &intent("T"));
        drop(held);
        first.await.unwrap().unwrap();
        third.await.unwrap().unwrap();
    });
    assert_eq!(states(&ledger), ["first unknown", "third unknown"]);
}

#[test]
fn a_folder_that_cannot_be_is_refused() {
    let file = tempfile::NamedTempFile::new().unwrap();
    let error = Ledger::open(file.path().join("x")).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Ledger);
    assert!(error.to_string().starts_with("the ledger in "), "{error}");
}

#[cfg(unix)]
#[test]
fn only_its_owner_can_read_it() {
    use std::os::unix::fs::PermissionsExt;
    let (_folder, ledger) = ledger();
    intend(&ledger, "one");
    let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(ledger.folder()), 0o700);
    assert_eq!(mode(&ledger.folder().join("ledger.log")), 0o600);
}

proptest! {
    #[test]
    fn any_bytes_are_read_without_a_job_that_was_never_written(bytes in prop::collection::vec(any::<u8>(), 0..2000)) {
        prop_assert_eq!(record::fold(&bytes), []);
        let mixed = [&bytes[..], b"\n", &text(), &bytes[..]].concat();
        prop_assert_eq!(record::fold(&mixed), record::fold(&text()));
    }
}
