//! What is refused of GeoParquet, and files that are cut off or changed.

use super::hostile::{bytes, changed, changes};
use crate::input::geoparquet;
use proptest::collection::vec;
use proptest::prelude::*;

#[test]
fn says_what_it_cannot_read_and_what_to_do() {
    for (name, said) in [
        (
            "no-crs.parquet",
            "it names no coordinate reference system; write it with one, for example by `ogr2ogr -a_srs EPSG:4326`",
        ),
        ("brotli.parquet", "its column `n` is compressed by BROTLI"),
        (
            "arrow.parquet",
            "its geometries are encoded as `point`; write them as WKB",
        ),
        (
            "list.parquet",
            "its column `list` holds lists or groups, which no field of a layer does; leave the column out",
        ),
        (
            "bytes.parquet",
            "its column `bytes` holds bytes, which no field of a layer does; leave the column out",
        ),
    ] {
        let error = geoparquet::read(bytes(name)).unwrap_err();
        assert!(error.starts_with(said), "{name}: {error}");
    }
}

/// The boxes around geometries and the geometries themselves are no attributes.
#[test]
fn boxes_are_no_attributes() {
    let read = geoparquet::read(bytes("places.parquet")).unwrap();
    let names: Vec<_> = read
        .fields()
        .iter()
        .map(|field| field.name.as_str())
        .collect();
    assert_eq!(
        names,
        [
            "name", "big", "share", "when", "small", "single", "open", "pop", "zoned", "day",
            "price", "count", "exact"
        ]
    );
    assert!(
        read.features()
            .iter()
            .all(|feature| feature.attributes.len() == names.len())
    );
}

#[test]
fn a_file_that_is_cut_off_anywhere_is_refused() {
    for name in ["places.parquet", "shapes.parquet", "table.parquet"] {
        let whole = bytes(name);
        for end in 0..whole.len() {
            let said = geoparquet::read(whole[..end].to_vec()).unwrap_err();
            assert!(
                said.starts_with("it is no whole Parquet file"),
                "{name} {end}: {said}"
            );
        }
    }
}

proptest! {
    #[test]
    fn changed_files_are_read_or_refused(
        name in prop::sample::select(vec!["places.parquet", "shapes.parquet", "roads-z.parquet", "multipoints.parquet", "table.parquet"]),
        changes in changes(),
    ) {
        if let Err(said) = geoparquet::read(changed(name, changes)) {
            prop_assert!(said.contains("it") || said.contains("row"), "{}", said);
        }
    }

    #[test]
    fn any_bytes_are_read_or_refused(rest in vec(any::<u8>(), 0..600)) {
        let mut all = b"PAR1".to_vec();
        all.extend(rest);
        all.extend(b"PAR1");
        prop_assert!(geoparquet::read(all).is_err());
    }
}
