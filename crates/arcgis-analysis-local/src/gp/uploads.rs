//! Files that are uploaded to an analysis service, for tasks that take a file.
//!
//! They are held in memory for a day, for whoever uploaded them.

use crate::app::App;
use crate::call::Call;
use crate::error::Fault;
use crate::hosted::now;
use crate::secret;
use axum::body::Bytes;
use serde_json::{Value, json};
use std::collections::{BTreeMap, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// How long a file is kept, in milliseconds.
const LIFE: u64 = 24 * 60 * 60 * 1000;
/// How many files are kept, and how many bytes of them; beyond either, the oldest are forgotten.
const MOST: usize = 100;
const MOST_BYTES: usize = 512 * 1024 * 1024;

/// What was uploaded, the oldest first.
#[derive(Debug, Default)]
pub(crate) struct Uploads(Mutex<VecDeque<Upload>>);

#[derive(Debug)]
struct Upload {
    id: String,
    owner: String,
    name: String,
    description: String,
    at: u64,
    committed: bool,
    parts: BTreeMap<u32, Bytes>,
}

impl Upload {
    fn bytes(&self) -> usize {
        self.parts.values().map(Bytes::len).sum()
    }

    fn describe(&self) -> Value {
        json!({
            "itemID": self.id,
            "itemName": self.name,
            "description": self.description,
            "date": self.at,
            "committed": self.committed,
            "size": self.bytes(),
        })
    }
}

impl Uploads {
    fn lock(&self) -> MutexGuard<'_, VecDeque<Upload>> {
        let mut uploads = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let now = now();
        uploads.retain(|upload| now.saturating_sub(upload.at) < LIFE);
        uploads
    }

    /// Forgets what is older than a day.
    pub(crate) fn sweep(&self) {
        drop(self.lock());
    }

    fn keep(&self, upload: Upload) -> Value {
        let described = upload.describe();
        let mut uploads = self.lock();
        uploads.push_back(upload);
        shrink(&mut uploads);
        described
    }

    /// Looks at an upload of an owner.
    fn with<T>(
        &self,
        owner: &str,
        id: &str,
        look: impl FnOnce(&mut Upload) -> Result<T, Fault>,
    ) -> Result<T, Fault> {
        let mut uploads = self.lock();
        let mut own = uploads.iter_mut();
        let upload = own.find(|upload| upload.id == id && upload.owner == owner);
        let done = look(upload.ok_or_else(|| missing(id))?)?;
        shrink(&mut uploads);
        Ok(done)
    }
}

/// Forgets the oldest beyond what is kept; the latest always stays.
fn shrink(uploads: &mut VecDeque<Upload>) {
    let mut bytes: usize = uploads.iter().map(Upload::bytes).sum();
    while uploads.len() > 1 && (uploads.len() > MOST || bytes > MOST_BYTES) {
        bytes -= uploads.pop_front().map_or(0, |upload| upload.bytes());
    }
}

fn missing(id: &str) -> Fault {
    Fault::not_found(format!(
        "There is no upload {id}; files are kept for a day after they are uploaded."
    ))
}

/// `uploads`: what is there, newest last.
///
/// # Errors
/// When nobody is signed in.
pub(crate) fn list(app: &App, call: &Call) -> Result<Value, Fault> {
    let owner = call.require_user()?;
    let uploads = app.uploads.lock();
    let own = uploads.iter().filter(|upload| upload.owner == owner);
    let own: Vec<_> = own.map(Upload::describe).collect();
    Ok(json!({ "uploads": own }))
}

/// `uploads/info`: how large a file may be.
///
/// # Errors
/// When nobody is signed in.
pub(crate) fn info(call: &Call) -> Result<Value, Fault> {
    call.require_user()?;
    Ok(json!({
        "maxUploadFileSize": MOST_BYTES / (1024 * 1024),
        "maxUploadFileSizeUnit": "MB",
    }))
}

/// `uploads/upload`: a file at once.
///
/// # Errors
/// When nobody is signed in, or no file came.
pub(crate) fn upload(app: &App, call: &Call) -> Result<Value, Fault> {
    let file = call
        .params
        .file("file")
        .or_else(|| call.params.file("itemFile"));
    let file =
        file.ok_or_else(|| Fault::bad_request("'file' must be sent as multipart/form-data."))?;
    let name = call.params.get("itemName").unwrap_or(&file.name).to_owned();
    begin(
        app,
        call,
        name,
        BTreeMap::from([(1, file.bytes.clone())]),
        true,
    )
}

/// `uploads/register`: a file that follows in parts.
///
/// # Errors
/// When nobody is signed in, or the file has no name.
pub(crate) fn register(app: &App, call: &Call) -> Result<Value, Fault> {
    let name = call.params.get("itemName");
    let name = name.ok_or_else(|| Fault::bad_request("'itemName' must be specified."))?;
    begin(app, call, name.to_owned(), BTreeMap::new(), false)
}

fn begin(
    app: &App,
    call: &Call,
    name: String,
    parts: BTreeMap<u32, Bytes>,
    committed: bool,
) -> Result<Value, Fault> {
    let owner = call.require_user()?.to_owned();
    let description = call.params.get("description").unwrap_or_default();
    if name.len() + description.len() > 4096 {
        return Err(Fault::bad_request(
            "The name or the description is too long.",
        ));
    }
    let id = secret::random::<16>().map_err(Fault::no_randomness)?;
    let item = app.uploads.keep(Upload {
        id: format!("i{}", secret::hex(&id)),
        owner,
        name,
        description: description.to_owned(),
        at: now(),
        committed,
        parts,
    });
    Ok(json!({ "success": true, "item": item }))
}

/// `uploads/{id}`: what is known of a file.
///
/// # Errors
/// When there is no such upload of theirs.
pub(crate) fn describe(app: &App, call: &Call, id: &str) -> Result<Value, Fault> {
    let owner = call.require_user()?;
    app.uploads.with(owner, id, |upload| Ok(upload.describe()))
}

/// `uploads/{id}/uploadPart`: a part of a file that was registered.
///
/// # Errors
/// When there is no such upload of theirs, it is whole, or the part has no number.
pub(crate) fn part(app: &App, call: &Call, id: &str) -> Result<Value, Fault> {
    let owner = call.require_user()?;
    let number = call.params.part_number(&["partId", "partNumber"])?;
    let file = call
        .params
        .file("file")
        .or_else(|| call.params.file("partFile"));
    let file =
        file.ok_or_else(|| Fault::bad_request("'file' must be sent as multipart/form-data."))?;
    app.uploads.with(owner, id, |upload| {
        if upload.committed {
            return Err(Fault::bad_request(format!(
                "The upload {id} is whole already."
            )));
        }
        upload.parts.insert(number, file.bytes.clone());
        Ok(json!({ "success": true, "partId": number }))
    })
}

/// `uploads/{id}/parts`: the numbers of the parts that are there.
///
/// # Errors
/// When there is no such upload of theirs.
pub(crate) fn parts(app: &App, call: &Call, id: &str) -> Result<Value, Fault> {
    let owner = call.require_user()?;
    app.uploads.with(owner, id, |upload| {
        Ok(json!({ "parts": upload.parts.keys().collect::<Vec<_>>() }))
    })
}

/// `uploads/{id}/commit`: the file is what its parts are together.
///
/// # Errors
/// When there is no such upload of theirs, or it has no parts.
pub(crate) fn commit(app: &App, call: &Call, id: &str) -> Result<Value, Fault> {
    let owner = call.require_user()?;
    app.uploads.with(owner, id, |upload| {
        if upload.parts.is_empty() {
            return Err(Fault::bad_request(format!("The upload {id} has no parts.")));
        }
        upload.committed = true;
        Ok(json!({ "success": true, "item": upload.describe() }))
    })
}

/// `uploads/{id}/delete`.
///
/// # Errors
/// When there is no such upload of theirs.
pub(crate) fn delete(app: &App, call: &Call, id: &str) -> Result<Value, Fault> {
    let owner = call.require_user()?;
    let mut uploads = app.uploads.lock();
    let before = uploads.len();
    uploads.retain(|upload| upload.id != id || upload.owner != owner);
    match uploads.len() < before {
        true => Ok(json!({ "success": true })),
        false => Err(missing(id)),
    }
}
