//! Reads features from where people have them: a layer, a portal item, inline JSON or a file.
//!
//! # Files
//!
//! What a file is, is told by how it begins, and for a text that is no JSON by the extension of its name.
//!
//! | format | coordinates | attributes |
//! | --- | --- | --- |
//! | GeoJSON | degrees on WGS 84, unless an old-style `crs` says otherwise | any JSON |
//! | Esri feature set or feature collection | as its spatial reference says | as its fields say |
//! | CSV (`.csv`, `.tsv`, `.txt`) | degrees on WGS 84, in two columns or as well-known text | inferred from all rows |
//! | FlatGeobuf | as its header says | as its columns say |
//! | GeoParquet, with the feature `geoparquet` | as its metadata say | as its columns say |
//!
//! **CSV** is a header and rows in UTF-8, divided by commas, semicolons, tabs or bars, whichever the header has most of.
//! Names are compared without regard to case.
//! - Geometries are in a column `wkt`, `geometry`, `geom` or `the_geom`, which holds well-known text and is no attribute;
//!   or else in the columns `longitude`, `long`, `lon` or `lng` and `latitude` or `lat`, or else `x` and `y`, or else
//!   `point_x` and `point_y`. Without such columns the file is a table, as tasks that join attributes take it.
//! - A row without coordinates is a feature without a place. A coordinate that is no number, or off the globe, is an
//!   error that names row and line; so is a row with more or fewer values than the header has columns.
//! - A column is `Integer`, `BigInteger`, `Double`, `Date` (ISO 8601; without a zone, UTC) or `String`, the first that
//!   all its values are; an empty value is null. What begins with a zero or a plus sign, as postcodes and telephone
//!   numbers do, is a text. Where values are not divided by commas, a comma may be the decimal mark.
//!
//! **FlatGeobuf** is read in any version up to 3. Its coordinate reference system must be an EPSG or Esri code, or
//! well-known text. Truth values become 0 and 1, instants milliseconds since 1970; columns of bytes are refused, since no
//! field of a layer holds them.
//!
//! **GeoParquet** is read in versions 1.0 and 1.1 with geometries as well-known binary, and as Parquet's own types of
//! geometry and geography; compressed by Snappy, Zstandard, gzip or LZ4. Of several columns of geometries the primary
//! one counts; the others and the boxes around geometries are left out. The coordinate reference system must be an EPSG
//! or Esri code; where the metadata leave it out, it is WGS 84. Truth values become 0 and 1, dates and instants
//! milliseconds since 1970, decimals doubles; columns of bytes, lists, groups and times of day are refused. A Parquet file
//! without geometries is a table. At most 67 million values are read, and 1 GiB of decoded texts and geometries.

mod csv;
mod error;
mod flatgeobuf;
mod format;
#[cfg(feature = "geoparquet")]
mod geoparquet;
mod shape;
#[cfg(test)]
mod tests;

pub use error::{InputError, Origin};

use error::on_one_line;
use format::{Format, LARGEST_FILE};
use std::io::Read;

use crate::types::{FeatureCollection, FeatureInput, FeatureLayer, Param};
use serde_json::Value;
use std::path::Path;

/// Reads the features that a text names.
///
/// The text is one of
/// - the URL of a layer of a feature service or map service, which ends with the layer's number;
/// - the ID of a portal item, 32 hexadecimal digits, or the address of the item's page;
/// - JSON, which begins with `{`: GeoJSON, an Esri feature set or feature collection, or an object with the `url`
///   of a layer or the `itemId` of an item;
/// - the path of a file in one of [these formats](self#files).
///
/// # Errors
/// When there is no such file, or it holds no features; the error says where and what to do.
///
/// # Examples
///
/// ```
/// use arcgis_analysis::{FeatureInput, input};
///
/// let cities = r#"{"type": "Point", "coordinates": [9.52, 47.14]}"#;
/// assert!(matches!(input::read(cities)?, FeatureInput::Collection(_)));
///
/// let error = input::read("nowhere.geojson").unwrap_err();
/// assert!(error.to_string().starts_with("there is no file `nowhere.geojson`"));
/// # Ok::<(), arcgis_analysis::input::InputError>(())
/// ```
pub fn read(text: &str) -> Result<FeatureInput, InputError> {
    let text = text.trim();
    if text.starts_with(['{', '[']) {
        parse(text, &Origin::Inline)
    } else if text
        .get(..4)
        .is_some_and(|start| start.eq_ignore_ascii_case("http"))
        && text.contains("://")
    {
        read_url(text)
    } else if let Some(item) = item(text) {
        Ok(item)
    } else {
        read_file(Path::new(text))
    }
}

/// Reads the features of a file in one of [these formats](self#files), of at most 1 GiB.
///
/// # Errors
/// As [`read`].
///
/// # Examples
///
/// ```
/// use arcgis_analysis::{FeatureInput, input};
///
/// let places = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/data/populated-places.geojson");
/// let FeatureInput::Collection(places) = input::read_file(places.as_ref())? else { unreachable!() };
/// assert_eq!(places.feature_set.features.len(), 243);
/// # Ok::<(), arcgis_analysis::input::InputError>(())
/// ```
pub fn read_file(path: &Path) -> Result<FeatureInput, InputError> {
    of_file(path, contents(path)?)
}

/// Reads the features of a file that is in memory, in one of [these formats](self#files); the extension of its name tells
/// what a text is that is no JSON.
///
/// # Errors
/// As [`read`].
///
/// # Examples
///
/// ```
/// use arcgis_analysis::{FeatureInput, input};
///
/// let towns = input::read_bytes("towns.csv", b"name,lat,lon\nVaduz,47.14,9.52\n".to_vec())?;
/// let FeatureInput::Collection(towns) = towns else { unreachable!() };
/// assert_eq!(towns.features()[0].attributes["name"], "Vaduz");
/// # Ok::<(), arcgis_analysis::input::InputError>(())
/// ```
pub fn read_bytes(name: &str, bytes: Vec<u8>) -> Result<FeatureInput, InputError> {
    of_file(Path::new(name), bytes)
}

fn of_file(path: &Path, bytes: Vec<u8>) -> Result<FeatureInput, InputError> {
    let origin = Origin::File(path.to_owned());
    let format = match Format::of(path, &bytes) {
        Format::Other(format) => {
            let path = path.to_owned();
            return Err(InputError::Format { path, format });
        }
        format => format,
    };
    let text = || match std::str::from_utf8(&bytes) {
        Ok(text) if text.trim().is_empty() => Err(InputError::Empty {
            origin: origin.clone(),
        }),
        Ok(text) => Ok(text.trim_start_matches('\u{feff}')),
        Err(_) => Err(InputError::NotText {
            origin: origin.clone(),
        }),
    };
    let read = match format {
        Format::Csv => csv::read(text()?),
        Format::FlatGeobuf => flatgeobuf::read(&bytes),
        #[cfg(feature = "geoparquet")]
        Format::GeoParquet => geoparquet::read(bytes),
        Format::Json | Format::Other(_) => return parse(text()?, &origin),
    };
    let collection = read.map_err(|problem| InputError::content(origin.clone(), &problem))?;
    // That there are none is said when the parameters are checked, as of every input.
    if !collection.features().is_empty() {
        collection
            .validate()
            .map_err(|problem| InputError::Features {
                origin,
                problem: on_one_line(&problem.to_string()),
            })?;
    }
    Ok(FeatureInput::Collection(Box::new(collection)))
}

/// The bytes of a file, unless there are too many.
fn contents(path: &Path) -> Result<Vec<u8>, InputError> {
    let unreadable = |source| InputError::Unreadable {
        path: path.to_owned(),
        source,
    };
    let mut file = match std::fs::File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            let path = path.to_owned();
            return Err(InputError::Missing { path });
        }
        Err(_) if path.is_dir() => {
            let path = path.to_owned();
            return Err(InputError::Folder { path });
        }
        Err(error) => return Err(unreadable(error)),
    };
    if file.metadata().map_err(unreadable)?.is_dir() {
        let path = path.to_owned();
        return Err(InputError::Folder { path });
    }
    let mut bytes = Vec::new();
    // A device or a pipe does not tell its size.
    let limited = &mut (&mut file).take(LARGEST_FILE + 1);
    limited.read_to_end(&mut bytes).map_err(unreadable)?;
    if bytes.len() as u64 > LARGEST_FILE {
        return Err(InputError::TooLarge {
            path: path.to_owned(),
            limit: LARGEST_FILE,
        });
    }
    Ok(bytes)
}

/// Reads inline JSON or the JSON of a file.
fn parse(text: &str, origin: &Origin) -> Result<FeatureInput, InputError> {
    if text.trim().is_empty() {
        return Err(InputError::Empty {
            origin: origin.clone(),
        });
    }
    let problem = match FeatureCollection::from_json_text(text) {
        Ok(collection) => return Ok(FeatureInput::Collection(Box::new(collection))),
        Err(error) => error.to_string(),
    };
    // Only a text that is no collection is looked at again, to say what else it is.
    match serde_json::from_str::<Value>(text) {
        Err(error) => Err(InputError::json(origin.clone(), text, &error)),
        Ok(value) if value.get("url").is_some() || value.get("itemId").is_some() => {
            FeatureInput::from_json(value)
                .map_err(|problem| InputError::content(origin.clone(), &problem.to_string()))
        }
        Ok(_) => Err(InputError::content(origin.clone(), &problem)),
    }
}

/// A layer's URL, or the address of an item's page.
fn read_url(url: &str) -> Result<FeatureInput, InputError> {
    let refuse = |problem| {
        Err(InputError::Url {
            url: on_one_line(&shown(url)),
            problem,
        })
    };
    if let Some(id) = url
        .split(['?', '&', '#'])
        .find_map(|part| part.strip_prefix("id="))
        && let Some(item) = item(id)
    {
        return Ok(item);
    }
    if url
        .split(['?', '&'])
        .skip(1)
        .any(|part| part.to_ascii_lowercase().starts_with("token="))
    {
        return refuse(
            "carries a token; leave it out, and give it as the `serviceToken` of a JSON object",
        );
    }
    let path = without_query(url).trim_end_matches('/');
    let (service, last) = path.rsplit_once('/').unwrap_or((path, ""));
    let is_service = |path: &str| path.ends_with("/FeatureServer") || path.ends_with("/MapServer");
    // A dataset of a big data file share goes by its name.
    let is_dataset = service.ends_with("/BigDataCatalogServer") && !last.is_empty();
    match last.parse::<u32>() {
        _ if is_dataset => Ok(FeatureInput::Layer(FeatureLayer {
            url: path.to_owned(),
            ..FeatureLayer::default()
        })),
        Ok(_) if is_service(service) => Ok(FeatureInput::Layer(FeatureLayer {
            url: path.to_owned(),
            ..FeatureLayer::default()
        })),
        _ if is_service(path) => refuse("is a service; add the number of the layer, such as `/0`"),
        _ => refuse(
            "is no layer of a feature service or map service; download the data and give the file",
        ),
    }
}

fn without_query(url: &str) -> &str {
    url.split(['?', '#']).next().unwrap_or(url)
}

/// What may be shown of a URL: neither its query, nor what stands before an `@`, which may be a password, nor a token,
/// wherever a mistyped address has it.
fn shown(url: &str) -> String {
    let scheme = url
        .split_once("://")
        .map_or(0, |(scheme, _)| scheme.len() + 3);
    let (scheme, rest) = url.split_at(scheme);
    let token = rest.to_ascii_lowercase().find("token=");
    let end = rest.find(['?', '#', '&']).into_iter().chain(token).min();
    let path = &rest[..end.unwrap_or(rest.len())];
    match path.rsplit_once('@') {
        Some((_, rest)) => format!("{scheme}..@{rest}"),
        None if rest.contains('@') => format!("{scheme}.."),
        None => format!("{scheme}{path}"),
    }
}

fn item(text: &str) -> Option<FeatureInput> {
    (text.len() == 32 && text.bytes().all(|b| b.is_ascii_hexdigit())).then(|| FeatureInput::Item {
        item_id: text.to_ascii_lowercase(),
        layer: 0,
    })
}
