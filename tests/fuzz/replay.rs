//! The fuzz targets on their seeds, whole, cut off and changed, so that they keep to their laws without a fuzzer too.
#![allow(clippy::unwrap_used)]

mod targets;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use targets::TARGETS;

/// How often a seed is cut off, and how often it is changed.
const TIMES: usize = 24;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz")
}

/// The seeds of a target by name: its own, and for a format of files the sample files that are of it.
fn seeds(target: &str) -> Vec<(String, Vec<u8>)> {
    let mut folders = vec![(folder().join("seeds").join(target), None)];
    let extension = match target {
        "csv" => Some("csv"),
        "flatgeobuf" => Some("fgb"),
        "geoparquet" => Some("parquet"),
        _ => None,
    };
    if extension.is_some() {
        folders.push((folder().join("../data/inputs"), extension));
    }
    let mut seeds = Vec::new();
    for (folder, extension) in folders {
        for entry in fs::read_dir(&folder).into_iter().flatten() {
            let path = entry.unwrap().path();
            if extension.is_none_or(|extension| path.extension().is_some_and(|e| e == extension)) {
                let name = path.file_name().unwrap().to_string_lossy().into_owned();
                seeds.push((name, fs::read(&path).unwrap()));
            }
        }
    }
    seeds.sort();
    seeds
}

/// Numbers by chance that are the same each time, by Marsaglia's xorshift.
struct Chance(u64);

impl Chance {
    fn below(&mut self, most: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % most.max(1) as u64).unwrap()
    }
}

fn replay(target: &str) {
    let (_, run) = TARGETS.iter().find(|(name, _)| *name == target).unwrap();
    let seeds = seeds(target);
    assert!(!seeds.is_empty());
    let mut chance = Chance(20_261_127);
    for (name, seed) in seeds {
        // Shown where the test fails.
        println!("{name}");
        run(&seed);
        for time in 0..TIMES {
            let end = seed.len() * time / TIMES;
            println!("{name}, its first {end} bytes");
            run(&seed[..end]);
            let mut changed = seed.clone();
            for _ in 0..=time % 4 {
                let (at, bit) = (chance.below(seed.len()), chance.below(8));
                if let Some(byte) = changed.get_mut(at) {
                    *byte ^= 1 << bit;
                }
            }
            println!("{name}, changed for the {time}th time");
            run(&changed);
        }
    }
}

macro_rules! replayed {
    ($($target:ident)*) => {
        $(#[test]
        fn $target() {
            replay(stringify!($target));
        })*

        #[test]
        fn every_target_is_a_program_has_seeds_and_is_replayed() {
            let targets: BTreeSet<_> = TARGETS.iter().map(|(name, _)| (*name).to_owned()).collect();
            let replayed = [$(stringify!($target)),*].map(str::to_owned);
            assert_eq!(BTreeSet::from(replayed), targets);
            for (folder, end) in [("seeds", ""), ("bin", ".rs")] {
                let entries = fs::read_dir(self::folder().join(folder)).unwrap();
                let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
                let names: BTreeSet<_> = names.map(|name| name.trim_end_matches(end).to_owned()).collect();
                assert_eq!(names, targets, "{folder}");
            }
            let manifest = fs::read_to_string(self::folder().join("Cargo.toml")).unwrap();
            for target in targets {
                assert!(manifest.contains(&format!("path = \"bin/{target}.rs\"")), "{target}");
            }
        }
    };
}

replayed! {
    address clause csv description estimate features flatgeobuf geoparquet item_file job job_document kept_sign_in layer
    ledger parameters query report request result sign_in
}
