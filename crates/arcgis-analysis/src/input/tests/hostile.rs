//! Files that are cut off, changed or made up.

use super::files::path;
use crate::input::{csv, flatgeobuf};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::Index;

pub(super) fn bytes(name: &str) -> Vec<u8> {
    std::fs::read(path(name)).unwrap()
}

/// Bytes and words to write somewhere into a file.
type Changes = (Vec<(Index, u8)>, Vec<(Index, u32)>);

pub(super) fn changes() -> impl Strategy<Value = Changes> {
    (
        vec((any::<Index>(), any::<u8>()), 1..8),
        vec((any::<Index>(), any::<u32>()), 0..3),
    )
}

/// A file with some of its bytes and words written over.
pub(super) fn changed(name: &str, (single, words): Changes) -> Vec<u8> {
    let mut changed = bytes(name);
    for (at, byte) in single {
        let at = at.index(changed.len());
        changed[at] = byte;
    }
    for (at, word) in words {
        let at = at.index(changed.len() - 4);
        changed[at..at + 4].copy_from_slice(&word.to_le_bytes());
    }
    changed
}

/// What is wrong with these bytes.
fn wrong(bytes: &[u8]) -> String {
    flatgeobuf::read(bytes).unwrap_err()
}

#[test]
fn a_flatgeobuf_that_is_cut_off_anywhere_is_refused() {
    for name in ["places.fgb", "shapes.fgb", "one.fgb"] {
        let whole = bytes(name);
        for end in 0..whole.len() {
            let said = wrong(&whole[..end]);
            assert!(
                said.starts_with("it is no whole FlatGeobuf: it ends within"),
                "{name} {end}: {said}"
            );
        }
        let mut longer = whole;
        longer.extend_from_within(..40);
        assert!(wrong(&longer).contains("it goes on after its"), "{name}");
    }
}

#[test]
fn sizes_that_no_file_has_are_refused_before_anything_is_made_room_for() {
    for name in ["places.fgb", "mercator.fgb"] {
        sizes(&bytes(name), name);
    }
}

fn sizes(whole: &[u8], name: &str) {
    let header = u32::from_le_bytes(whole[8..12].try_into().unwrap()) as usize;
    let feature = 12 + header;
    // Where the index begins, or else the first feature.
    let places: &[usize] = if name == "places.fgb" {
        &[8, feature]
    } else {
        &[8]
    };
    let sizes = [u32::MAX, 1 << 31, 10 << 20, 7, 0];
    for (at, size) in places.iter().flat_map(|at| sizes.map(|size| (*at, size))) {
        let mut hostile = whole.to_vec();
        hostile[at..at + 4].copy_from_slice(&size.to_le_bytes());
        assert!(
            wrong(&hostile).starts_with("it is no whole FlatGeobuf"),
            "{at} {size}"
        );
    }
    // The count of features, wherever in the header it is.
    let count_of = |bytes: &[u8]| {
        let header = ::flatgeobuf::size_prefixed_root_as_header(&bytes[8..feature]);
        header.ok().map(|header| header.features_count())
    };
    for count in [u64::MAX, u64::MAX / 40, 1 << 40, 6] {
        let changed = (12..feature - 8).map(|at| {
            let mut hostile = whole.to_vec();
            hostile[at..at + 8].copy_from_slice(&count.to_le_bytes());
            hostile
        });
        let hostile: Vec<_> = changed
            .filter(|bytes| count_of(bytes) == Some(count))
            .collect();
        assert_eq!(hostile.len(), 1);
        let said = wrong(&hostile[0]);
        assert!(
            said.starts_with("it is no whole FlatGeobuf"),
            "{name} {count}: {said}"
        );
    }
}

proptest! {
    #[test]
    fn changed_flatgeobufs_are_read_or_refused(
        name in prop::sample::select(vec!["places.fgb", "shapes.fgb", "roads-z.fgb", "multipoints.fgb", "mercator.fgb"]),
        changes in changes(),
    ) {
        let changed = changed(name, changes);
        if let Ok(read) = flatgeobuf::read(&changed) {
            let positions = read.features().iter().filter_map(|f| f.geometry.as_ref()).map(|g| g.positions().count());
            // Closing a ring may add one.
            prop_assert!(positions.sum::<usize>() <= 2 * changed.len() / 16);
        }
    }

    #[test]
    fn any_bytes_after_the_magic_are_read_or_refused(rest in vec(any::<u8>(), 0..600)) {
        let mut all = b"fgb\x03fgb\0".to_vec();
        all.extend(rest);
        let _ = flatgeobuf::read(&all);
    }

    #[test]
    fn any_text_is_read_or_refused_row_by_row(
        header in prop::sample::select(vec!["x,y", "lat;lon;a", "wkt", "a\tb", "\"a\n\",lon,lat"]),
        rows in vec("[-0-9.,;\t\"\\n a(POINT)]{0,30}", 0..6),
    ) {
        let text = format!("{header}\n{}", rows.join("\n"));
        if let Ok(read) = csv::read(&text) {
            // No quotes, no rows over several lines: then there is a feature to each line that is not empty.
            if !text.contains('"') {
                let lines = text.lines().filter(|line| !line.is_empty()).count();
                prop_assert_eq!(read.features().len(), lines - 1);
            }
        }
    }

    #[test]
    fn any_well_known_text_is_read_or_refused(text in "(POINT|LINESTRING|POLYGON|MULTIPOLYGON|MULTIPOINT|GEOMETRYCOLLECTION)( Z| M| ZM| EMPTY)?[-0-9., ()eE]{0,40}") {
        let _ = csv::read(&format!("wkt\n\"{text}\"\n"));
    }
}
