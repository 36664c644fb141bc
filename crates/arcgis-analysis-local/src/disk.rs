//! What outlives the service: jobs, results, items and layers, in one file of the data folder.
//!
//! One thread writes. It takes everything that has been asked for meanwhile into one transaction, so that many clients
//! share the wait for the disk. A change is told as done only when it would survive a loss of power.

use crate::service::StartError;
use redb::{Database, ReadableDatabase, ReadableTable, TableDefinition};
use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use tokio::sync::oneshot;

const FILE: &str = "arcgis-analysis.redb";
/// How many requests to write are joined in one transaction at most.
const MOST: usize = 1024;

/// What is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Kind {
    /// What was submitted, by job ID.
    Job,
    /// How far a job is, by job ID.
    State,
    /// A result, by job ID and name.
    Result,
    /// An item, by its ID.
    Item,
    /// What the file of an item holds, by the item's ID.
    Data,
    /// A file beside an item, such as its thumbnail, by the item's ID and the file's path.
    Paper,
    /// A layer, by item ID and number.
    Layer,
    /// A feature that was changed since its layer was written, by item ID, the layer's number and its own.
    Row,
    /// A folder, by its ID.
    Folder,
}

impl Kind {
    const ALL: [Self; 9] = [
        Self::Job,
        Self::State,
        Self::Result,
        Self::Item,
        Self::Data,
        Self::Paper,
        Self::Layer,
        Self::Row,
        Self::Folder,
    ];

    fn table(self) -> TableDefinition<'static, &'static str, &'static [u8]> {
        TableDefinition::new(match self {
            Self::Job => "jobs",
            Self::State => "states",
            Self::Result => "results",
            Self::Item => "items",
            Self::Data => "data",
            Self::Paper => "papers",
            Self::Layer => "layers",
            Self::Row => "rows",
            Self::Folder => "folders",
        })
    }
}

/// A record that is written or removed.
#[derive(Debug)]
pub(crate) struct Change {
    kind: Kind,
    key: String,
    record: Option<Vec<u8>>,
}

impl Change {
    /// Writes a record.
    pub(crate) fn put(kind: Kind, key: &str, record: Vec<u8>) -> Self {
        Self {
            kind,
            key: key.to_owned(),
            record: Some(record),
        }
    }

    /// Removes a record.
    pub(crate) fn remove(kind: Kind, key: &str) -> Self {
        Self {
            kind,
            key: key.to_owned(),
            record: None,
        }
    }
}

/// What was kept when the service started.
#[derive(Debug, Default)]
pub(crate) struct Loaded(HashMap<Kind, Vec<(String, Vec<u8>)>>);

impl Loaded {
    /// The records of a kind, by their keys.
    pub(crate) fn of(&self, kind: Kind) -> &[(String, Vec<u8>)] {
        self.0.get(&kind).map_or(&[], Vec::as_slice)
    }
}

type Done = oneshot::Sender<Result<(), String>>;

#[derive(Debug)]
enum Order {
    Write(Vec<Change>, Option<Done>),
    Close(oneshot::Sender<()>),
}

/// Where changes are sent to be written.
#[derive(Debug, Clone)]
pub(crate) struct Disk(Option<Writer>);

#[derive(Debug, Clone)]
struct Writer {
    orders: Sender<Order>,
    sealed: Arc<AtomicBool>,
}

impl Disk {
    /// Nothing outlives the service.
    pub(crate) fn none() -> Self {
        Self(None)
    }

    /// Opens a data folder, made if it is not there, and reads what it holds.
    ///
    /// # Errors
    /// When it cannot be made, opened or read, or another process has it open.
    pub(crate) fn open(folder: &Path) -> Result<(Self, Loaded), StartError> {
        let refused = |problem: String| StartError::Data {
            folder: folder.to_owned(),
            problem,
        };
        make_private(folder).map_err(|error| refused(error.to_string()))?;
        let database =
            Database::create(folder.join(FILE)).map_err(|error| refused(error.to_string()))?;
        let loaded = load(&database).map_err(|error| refused(error.to_string()))?;
        let (sender, orders) = channel();
        std::thread::Builder::new()
            .name("arcgis-analysis-disk".to_owned())
            .spawn(move || work(database, &orders))
            .map_err(|error| refused(error.to_string()))?;
        let writer = Writer {
            orders: sender,
            sealed: Arc::default(),
        };
        Ok((Self(Some(writer)), loaded))
    }

    /// Whether anything outlives the service.
    pub(crate) fn is_lasting(&self) -> bool {
        self.0.is_some()
    }

    /// Writes, and waits until that is done. Not for threads that answer requests.
    ///
    /// # Errors
    /// When the disk refuses, or the service stops.
    pub(crate) fn write(&self, changes: Vec<Change>) -> Result<(), String> {
        match self.order(changes) {
            None => Ok(()),
            Some(done) => done.blocking_recv().unwrap_or_else(|_| Err(stopped())),
        }
    }

    /// Writes, and waits until that is done.
    ///
    /// # Errors
    /// When the disk refuses, or the service stops.
    pub(crate) async fn written(&self, changes: Vec<Change>) -> Result<(), String> {
        match self.order(changes) {
            None => Ok(()),
            Some(done) => done.await.unwrap_or_else(|_| Err(stopped())),
        }
    }

    /// Has it written soon. What would be lost is no more than a hint.
    pub(crate) fn note(&self, changes: Vec<Change>) {
        if let Some(writer) = self.open_writer() {
            // The service is stopping.
            let _ = writer.orders.send(Order::Write(changes, None));
        }
    }

    /// Takes nothing more to write.
    pub(crate) fn seal(&self) {
        if let Some(writer) = &self.0 {
            writer.sealed.store(true, Ordering::SeqCst);
            let _ = writer.orders.send(Order::Close(oneshot::channel().0));
        }
    }

    /// Takes nothing more to write, and returns when all that was asked for is done.
    pub(crate) async fn close(&self) {
        if let Some(writer) = &self.0 {
            writer.sealed.store(true, Ordering::SeqCst);
            let (done, closed) = oneshot::channel();
            let _ = writer.orders.send(Order::Close(done));
            let _ = closed.await;
        }
    }

    fn open_writer(&self) -> Option<&Writer> {
        let writer = self.0.as_ref()?;
        (!writer.sealed.load(Ordering::SeqCst)).then_some(writer)
    }

    fn order(&self, changes: Vec<Change>) -> Option<oneshot::Receiver<Result<(), String>>> {
        let writer = self.0.as_ref()?;
        let (done, wait) = oneshot::channel();
        // Where nobody takes the order, the sender of the answer is dropped with it.
        if !writer.sealed.load(Ordering::SeqCst) {
            let _ = writer.orders.send(Order::Write(changes, Some(done)));
        }
        Some(wait)
    }
}

/// Makes the folder and the file in it, where they are not there, so that nobody else on the machine reads inputs and
/// results. A folder that is there keeps its mode, the file does not.
#[cfg(unix)]
fn make_private(folder: &Path) -> std::io::Result<()> {
    use std::fs::{DirBuilder, OpenOptions, Permissions};
    use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
    DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(folder)?;
    let mut options = OpenOptions::new();
    options.append(true).create(true).mode(0o600);
    let file = options.open(folder.join(FILE))?;
    file.set_permissions(Permissions::from_mode(0o600))
}

/// Makes the folder, which is the user's own in the user's profile.
#[cfg(not(unix))]
fn make_private(folder: &Path) -> std::io::Result<()> {
    std::fs::create_dir_all(folder)
}

fn stopped() -> String {
    "the service is stopping, and nothing is written any more".to_owned()
}

fn load(database: &Database) -> Result<Loaded, redb::Error> {
    let begun = database.begin_write()?;
    for kind in Kind::ALL {
        begun.open_table(kind.table())?;
    }
    begun.commit()?;
    let mut loaded = Loaded::default();
    let view = database.begin_read()?;
    for kind in Kind::ALL {
        let table = view.open_table(kind.table())?;
        let mut records = Vec::new();
        for entry in table.iter()? {
            let (key, record) = entry?;
            records.push((key.value().to_owned(), record.value().to_vec()));
        }
        loaded.0.insert(kind, records);
    }
    Ok(loaded)
}

fn work(database: Database, orders: &Receiver<Order>) {
    while let Ok(first) = orders.recv() {
        let (mut writes, mut close) = (Vec::new(), None);
        for order in std::iter::once(first).chain(orders.try_iter()).take(MOST) {
            match order {
                Order::Write(changes, done) => writes.push((changes, done)),
                Order::Close(done) => {
                    close = Some(done);
                    break;
                }
            }
        }
        let outcome = commit(&database, &writes).map_err(|error| error.to_string());
        for (_, done) in writes {
            if let Some(done) = done {
                // Whoever asked may have gone.
                let _ = done.send(outcome.clone());
            }
        }
        if let Some(done) = close {
            drop(database);
            let _ = done.send(());
            return;
        }
    }
}

fn commit(database: &Database, writes: &[(Vec<Change>, Option<Done>)]) -> Result<(), redb::Error> {
    if writes.iter().all(|(changes, _)| changes.is_empty()) {
        return Ok(());
    }
    let transaction = database.begin_write()?;
    for kind in Kind::ALL {
        let changes = writes.iter().flat_map(|(changes, _)| changes);
        let mut changes = changes.filter(|change| change.kind == kind).peekable();
        if changes.peek().is_none() {
            continue;
        }
        let mut table = transaction.open_table(kind.table())?;
        for change in changes {
            match &change.record {
                Some(record) => table.insert(change.key.as_str(), record.as_slice())?,
                None => table.remove(change.key.as_str())?,
            };
        }
    }
    transaction.commit()?;
    Ok(())
}
