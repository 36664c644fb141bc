//! What is refused before anything is submitted: exit code 2, and one sentence that says what to do.

use crate::support::{cli, data};
use std::io::ErrorKind;
use std::net::TcpListener;
use std::path::Path;

/// A folder with the files that the cases name.
fn files() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let point = |x: &str, y: &str| {
        format!(
            r#"{{"type": "Feature", "properties": {{}}, "geometry": {{"type": "Point", "coordinates": [{x}, {y}]}}}}"#
        )
    };
    let good = point("7.6", "47.5");
    for (name, text) in [
        ("good.geojson", good.clone()),
        (
            "truncated.geojson",
            format!("{{\"type\": \"FeatureCollection\",\n\"features\": [{good},\n"),
        ),
        (
            "wrong.geojson",
            r#"{"type": "Topology", "objects": {}}"#.to_owned(),
        ),
        (
            "comma.geojson",
            "{\"type\": \"Point\",\n\"coordinates\": [1 2]}".to_owned(),
        ),
        ("nothing.geojson", String::new()),
        (
            "empty.geojson",
            r#"{"type": "FeatureCollection", "features": []}"#.to_owned(),
        ),
        ("nan.geojson", point("NaN", "47.5")),
        ("far.geojson", point("7.6", "123")),
        (
            "table.csv",
            "name,lat,lon\na,47.5,7.6\nb,n/a,7.6\n".to_owned(),
        ),
        ("table.xlsx", "not looked at".to_owned()),
        ("params.json", r#"{"distanc": [5]}"#.to_owned()),
        ("list.json", "[]".to_owned()),
    ] {
        std::fs::write(folder.path().join(name), text).unwrap();
    }
    folder
}

/// Runs a command whose arguments are refused, on a portal that must not hear of it, and returns the sentence.
fn sentence(folder: &Path, args: &str) -> String {
    let portal = TcpListener::bind("127.0.0.1:0").unwrap();
    portal.set_nonblocking(true).unwrap();
    let url = format!("http://{}", portal.local_addr().unwrap());
    let mut args: Vec<_> = std::iter::once("run".to_owned())
        .chain(
            args.split_whitespace()
                .map(|arg| arg.replace('@', &format!("{}/", folder.display()))),
        )
        .collect();
    args.extend(["--portal".to_owned(), url]);

    let ran = cli(&args).run();
    assert_eq!(
        (ran.code, ran.stdout.as_str()),
        (Some(2), ""),
        "{args:?} {ran:?}"
    );
    let sentence = ran
        .stderr
        .strip_prefix("error: ")
        .and_then(|text| text.strip_suffix('\n'));
    let sentence = sentence.unwrap_or_else(|| panic!("{ran:?}"));
    assert!(!sentence.contains('\n'), "more than one line: {sentence}");

    args.push("--json".to_owned());
    let ran = cli(&args).run();
    assert_eq!(
        (ran.code, ran.stdout.as_str()),
        (Some(2), ""),
        "{args:?} {ran:?}"
    );
    assert_eq!(ran.error()["message"], sentence);

    let heard = portal.accept().map(|_| ()).unwrap_err();
    assert_eq!(
        heard.kind(),
        ErrorKind::WouldBlock,
        "the portal was called by {args:?}"
    );
    sentence.replace(&format!("{}/", folder.display()), "@")
}

/// Each case: arguments, with `@` for the folder, and what the sentence must be.
fn check(cases: &[(&str, &str)]) {
    let folder = files();
    for (args, expected) in cases {
        assert_eq!(&sentence(folder.path(), args), expected, "{args}");
    }
}

#[test]
fn files_that_hold_no_features() {
    check(&[
        (
            "CreateBuffers --distances 5 --input-layer @none.geojson",
            "CreateBuffers: `inputLayer` (--input-layer) cannot be read: there is no file `@none.geojson`; give an \
             existing file, the URL of a layer, an item ID or inline JSON",
        ),
        (
            "CreateBuffers --distances 5 --input-layer @truncated.geojson",
            "CreateBuffers: `inputLayer` (--input-layer) cannot be read: the file `@truncated.geojson` ends too \
             early, at line 3, column 0; it is truncated, so get a complete copy",
        ),
        (
            "CreateBuffers --distances 5 --input-layer @comma.geojson",
            "CreateBuffers: `inputLayer` (--input-layer) cannot be read: the file `@comma.geojson` is not valid \
             JSON at line 2, column 19: expected `,` or `]`",
        ),
        (
            "CreateBuffers --distances 5 --input-layer @nothing.geojson",
            "CreateBuffers: `inputLayer` (--input-layer) cannot be read: the file `@nothing.geojson` is empty; give \
             one of GeoJSON, Esri JSON, CSV, FlatGeobuf and GeoParquet",
        ),
        (
            "CreateBuffers --distances 5 --input-layer @wrong.geojson",
            "CreateBuffers: `inputLayer` (--input-layer) cannot be read: the file `@wrong.geojson` cannot be used: \
             the JSON object holds no features; it must be GeoJSON, an Esri feature set or a feature collection",
        ),
        (
            "CreateBuffers --distances 5 --input-layer @table.csv",
            "CreateBuffers: `inputLayer` (--input-layer) cannot be read: the file `@table.csv` cannot be used: \
             row 2, on line 3, has the lat \"n/a\", which is no number of degrees",
        ),
        (
            "CreateBuffers --distances 5 --input-layer @table.xlsx",
            "CreateBuffers: `inputLayer` (--input-layer) cannot be read: the file `@table.xlsx` is a spreadsheet; \
             convert it to one of GeoJSON, Esri JSON, CSV, FlatGeobuf and GeoParquet, for example with ogr2ogr",
        ),
        (
            "CreateBuffers --distances 5 --input-layer @",
            "CreateBuffers: `inputLayer` (--input-layer) cannot be read: `@` is a folder; give a file, one of \
             GeoJSON, Esri JSON, CSV, FlatGeobuf and GeoParquet",
        ),
    ]);
}

#[test]
fn features_that_make_no_sense() {
    check(&[
        (
            "CreateBuffers --distances 5 --input-layer @empty.geojson",
            "CreateBuffers: `inputLayer` (--input-layer) has no features; give at least one",
        ),
        (
            "CreateBuffers --distances 5 --input-layer @nan.geojson",
            "CreateBuffers: `inputLayer` (--input-layer) cannot be read: the file `@nan.geojson` is not valid JSON \
             at line 1, column 85: coordinates and attributes must be numbers or null, not NaN",
        ),
    ]);
    let folder = files();
    let far = sentence(
        folder.path(),
        "CreateBuffers --distances 5 --input-layer @far.geojson",
    );
    let start = "CreateBuffers: `inputLayer` (--input-layer) has a problem in feature 1: ";
    assert!(far.starts_with(start) && far.contains("123"), "{far}");

    let countries = data("countries.geojson");
    let args = format!("AggregatePoints --polygon-layer {countries} --point-layer {countries}");
    assert_eq!(
        sentence(folder.path(), &args),
        "AggregatePoints: `pointLayer` (--point-layer) takes point features, not polygon features"
    );
}

#[test]
fn parameters_that_do_not_fit() {
    check(&[
        (
            "CreateBuffers --input-layr @good.geojson --distances 5",
            "`--input-layr` is not an argument of this command; did you mean `--input-layer`?",
        ),
        (
            "CreateBuffers --input-layer @good.geojson --params @params.json",
            "CreateBuffers: `distanc` is not a parameter; did you mean `distances`?",
        ),
        (
            "CreateBuffers --input-layer @good.geojson --distances 5 --units Milez",
            "CreateBuffers: `units` (--units) must be one of `Meters`, `Kilometers`, `Feet`, `Miles`, `NauticalMiles`, \
             `Yards`, not the text \"Milez\"; did you mean `Miles`?",
        ),
        (
            "CreateBuffers --input-layer @good.geojson --distances near",
            "CreateBuffers: `distances` (--distances) must be a number, not \"near\"",
        ),
        (
            "CreateBuffers --input-layer @good.geojson --distances 5 NaN",
            "CreateBuffers: `distances` (--distances) item 2 must be a finite number, not NaN",
        ),
        (
            "CreateBuffers --input-layer @good.geojson --distances 5 --field REACH",
            "CreateBuffers: `distances` (--distances) and `field` (--field) exclude each other; give only one of \
             them",
        ),
        (
            "CreateBuffers --input-layer @good.geojson",
            "CreateBuffers: `distances` (--distances) and `field` (--field) are both missing; give one of them",
        ),
        (
            "CreateBuffers --distances 5",
            "CreateBuffers: `inputLayer` (--input-layer) is missing",
        ),
        (
            "CreateBuffers --input-layer @good.geojson --distances 5 --ring-type Rings",
            "CreateBuffers: `ringType` (--ring-type) may be given only when `distances` has at least 2 items; give \
             several distances",
        ),
        (
            "CreateBuffers --params @list.json",
            "CreateBuffers: the parameters must be one JSON object with the parameters by name, not another JSON \
             value",
        ),
    ]);
}

#[test]
fn files_that_cannot_be_written() {
    check(&[
        (
            "CreateBuffers --input-layer @good.geojson --distances 5 --out @buffers.shp",
            "features cannot be written to `@buffers.shp`; end the name in .geojson, .json (GeoJSON), .esri.json or .html (a map) \
             (--out)",
        ),
        (
            "CreateBuffers --input-layer @good.geojson --distances 5 --out @none/buffers.geojson",
            "`@none/buffers.geojson` cannot be written, because there is no folder `@none`; make it first (--out)",
        ),
        (
            "CreateBuffers --input-layer @good.geojson --distances 5 --out @b.geojson --result bufferLayr",
            "CreateBuffers has no result `bufferLayr`; did you mean `bufferLayer`? (--result)",
        ),
        (
            "CreateBuffers --input-layer @good.geojson --distances 5 --out @b.geojson --output-name Buffers",
            "CreateBuffers: `outputName` (--output-name) makes a hosted layer, which is not written to a file; \
             leave it or --out out",
        ),
    ]);
}

#[test]
fn commands_that_do_not_exist() {
    check(&[
        (
            "CreateBufers",
            "there is no task `CreateBufers`; did you mean `CreateBuffers`?",
        ),
        (
            "--distances 5",
            "<TASK> is missing; `arcgis-analysis tasks` lists what there is",
        ),
        (
            "CreateBuffers --service raster-analyses",
            "there is no service `raster-analyses`; there are `spatial-analysis`, `raster-analysis`, `geoanalytics`, \
             `network-analysis`, `elevation-hydrology`",
        ),
        (
            "CreateBuffers --service raster-analysis",
            "there is no task `CreateBuffers` in the service `raster-analysis`, nor one of a similar name; see the \
             list of tasks",
        ),
        (
            "CreateBuffers --timeout soon",
            "invalid value 'soon' for '--timeout <TIME>': must be a length of time such as `90s`, `30m` or `1h 30m`",
        ),
    ]);
    let ran = cli(&["rum"]).run();
    assert_eq!(
        (ran.code, ran.stderr.as_str()),
        (
            Some(2),
            "error: there is no command `rum`; did you mean `run`?\n"
        )
    );
}

#[test]
fn a_place_to_run_is_needed() {
    let good = r#"{"type": "Point", "coordinates": [7.6, 47.5]}"#;
    let args = [
        "run",
        "CreateBuffers",
        "--input-layer",
        good,
        "--distances",
        "5",
    ];
    let ran = cli(&args).run();
    assert_eq!(ran.code, Some(2));
    for way_out in ["--local", "--portal", "ARCGIS_PORTAL"] {
        assert!(ran.stderr.contains(way_out), "{ran:?}");
    }
    for (more, problem) in [
        (
            &["--portal", "http://127.0.0.1:9", "--username", "ann"][..],
            "--username needs a password",
        ),
        (
            &["--portal", "http://127.0.0.1:9", "--password-stdin"],
            "--password-stdin needs a user",
        ),
        (&["--portal", "127.0.0.1"], "the portal URL"),
    ] {
        let ran = cli(&[&args[..], more].concat()).run();
        assert_eq!(ran.code, Some(2), "{ran:?}");
        assert!(
            ran.stderr.starts_with(&format!("error: {problem}")),
            "{ran:?}"
        );
    }
    let both = [&args[..], &["--local", "--portal", "http://127.0.0.1:9"]].concat();
    assert_eq!(cli(&both).run().code, Some(2));
}
