//! How much the local portal takes on at most.

use arcgis_analysis_local::LocalServiceBuilder;
use clap::builder::ValueParser;
use clap::{Arg, ArgMatches};

/// The flags, with the library's defaults.
pub(crate) fn args() -> [Arg; 7] {
    let count = |name, help| flag(name, "NUMBER", help, ValueParser::new(count));
    let size = |name, help| flag(name, "SIZE", help, ValueParser::new(size));
    [
        count(
            "workers",
            "Run no more jobs than this at once; others wait for their turn [default: one for each core]",
        ),
        count(
            "keep-jobs",
            "Keep no more jobs than this after they have ended; the oldest are forgotten",
        )
        .default_value("1000"),
        size(
            "keep-job-bytes",
            "Keep no more of the parameters and results of jobs that have ended than this, for example 500MiB; the oldest \
             are forgotten",
        )
        .default_value("1GiB"),
        count(
            "keep-items",
            "Take no more items than this; those that are there stay",
        )
        .default_value("10000"),
        size(
            "keep-item-bytes",
            "Take no file with which those of all items would hold more than this; those that are there stay",
        )
        .default_value("1GiB"),
        size(
            "largest-request",
            "Refuse a request whose body is larger than this",
        )
        .default_value("256MiB"),
        count(
            "most-connections",
            "Have no more connections than this open at once; others wait to be accepted",
        )
        .default_value("1024"),
    ]
}

/// Sets the limits that the flags give.
pub(crate) fn apply(mut builder: LocalServiceBuilder, matches: &ArgMatches) -> LocalServiceBuilder {
    let get = |name: &str| matches.get_one::<usize>(name).copied();
    if let Some(workers) = get("workers") {
        builder = builder.workers(workers);
    }
    if let (Some(jobs), Some(bytes)) = (get("keep-jobs"), get("keep-job-bytes")) {
        builder = builder.keep_jobs(jobs, bytes);
    }
    if let (Some(items), Some(bytes)) = (get("keep-items"), get("keep-item-bytes")) {
        builder = builder.keep_items(items, bytes);
    }
    if let Some(bytes) = get("largest-request") {
        builder = builder.largest_request(bytes);
    }
    if let Some(connections) = get("most-connections") {
        builder = builder.most_connections(connections);
    }
    builder
}

fn flag(name: &'static str, value: &'static str, help: &'static str, parser: ValueParser) -> Arg {
    Arg::new(name)
        .long(name)
        .value_name(value)
        .help(help)
        .value_parser(parser)
        .help_heading("Limits")
}

/// Far more than a machine has, and few enough to be counted by every semaphore.
const MOST: usize = 1_000_000_000;

fn count(text: &str) -> Result<usize, String> {
    let number = text.parse::<usize>().ok();
    number
        .filter(|number| (1..=MOST).contains(number))
        .ok_or_else(|| format!("must be a whole number from 1 to {MOST}"))
}

/// A number of bytes such as `500MiB`.
fn size(text: &str) -> Result<usize, String> {
    let digits = text.trim_end_matches(|letter: char| !letter.is_ascii_digit());
    let shift = match text[digits.len()..].trim_start() {
        "" => Some(0),
        "KiB" => Some(10),
        "MiB" => Some(20),
        "GiB" => Some(30),
        _ => None,
    };
    let bytes = digits.parse::<usize>().ok().zip(shift);
    bytes
        .and_then(|(number, shift)| number.checked_mul(1 << shift))
        .filter(|bytes| *bytes > 0)
        .ok_or_else(|| {
            "must be a whole number of bytes, KiB, MiB or GiB, such as `500MiB`, and more than none"
                .to_owned()
        })
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_bytes_or_powers_of_1024() {
        for (text, bytes) in [
            ("1", 1),
            ("1000", 1000),
            ("2KiB", 2048),
            ("500MiB", 524_288_000),
            ("3 GiB", 3_221_225_472),
        ] {
            assert_eq!(size(text), Ok(bytes), "{text}");
        }
        let too_many = usize::MAX.to_string();
        let overflowing = format!("{too_many}KiB");
        for text in [
            "",
            "0",
            "0GiB",
            "-1",
            "1.5GiB",
            "1MB",
            "MiB",
            "1MiB1",
            "é",
            &overflowing,
        ] {
            assert!(size(text).is_err(), "{text}");
        }
    }

    #[test]
    fn counts_are_at_least_one() {
        assert_eq!(count("1"), Ok(1));
        for text in ["", "0", "-1", "1.5", "1000000001"] {
            assert!(count(text).is_err(), "{text}");
        }
    }
}
