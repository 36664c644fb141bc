//! Runs on this machine, from a file to a file.

use crate::support::{cli, data, read};
use serde_json::{Value, json};

const POINT: &str = r#"{"type": "Feature", "properties": {"NAME": "Basel"}, "geometry": {"type": "Point", "coordinates": [7.6, 47.5]}}"#;

#[test]
fn rings_around_the_cities_of_the_world() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("buffers.geojson");
    let places = data("populated-places.geojson");
    let ran = cli(&[
        "run",
        "CreateBuffers",
        "--local",
        "--input-layer",
        &places,
        "--distances",
        "20",
        "35",
        "50",
        "--units",
        "Miles",
        "--ring-type",
        "Rings",
        "--out",
        out.to_str().unwrap(),
    ])
    .run()
    .succeeded();
    let line = format!(
        "bufferLayer: 729 polygon features, written to {}",
        out.display()
    );
    assert_eq!(ran.stdout.lines().next(), Some(line.as_str()));

    let features = read(&out)["features"].as_array().unwrap().clone();
    assert_eq!(features.len(), 3 * 243);
    for feature in &features {
        let kind = feature["geometry"]["type"].as_str().unwrap();
        assert!(matches!(kind, "Polygon" | "MultiPolygon"), "{kind}");
        assert!([20.0, 35.0, 50.0].contains(&feature["properties"]["BUFF_DIST"].as_f64().unwrap()));
    }
    assert_eq!(
        std::fs::read_dir(folder.path()).unwrap().count(),
        1,
        "nothing is left beside the file"
    );
}

#[test]
fn takes_features_from_files_of_many_formats() {
    // Each with the attribute that is a date in the file, and so a date in the layer.
    for (file, features) in [
        ("inputs/places.csv", 5),
        ("inputs/places.fgb", 5),
        ("inputs/places.parquet", 5),
        ("inputs/mercator.fgb", 25),
    ] {
        let places = data(file);
        let ran = cli(&[
            "run",
            "CreateBuffers",
            "--local",
            "--json",
            "--input-layer",
            &places,
            "--distances",
            "5",
        ])
        .run()
        .succeeded();
        let document: Value = serde_json::from_str(&ran.stdout).unwrap();
        let layer = &document["results"]["bufferLayer"];
        let buffers = layer["featureSet"]["features"].as_array().unwrap();
        assert_eq!(buffers.len(), features, "{file}");
        let fields = layer["layerDefinition"]["fields"].as_array().unwrap();
        let date = fields.iter().find(|field| field["name"] == "when");
        let date = date.map(|field| field["type"].as_str().unwrap());
        let expected = (features == 5).then_some("esriFieldTypeDate");
        assert_eq!(date, expected, "{file}");
    }
}

#[test]
fn one_document_with_the_features() {
    let ran = cli(&[
        "run",
        "create-buffers",
        "--local",
        "--json",
        "--input-layer",
        POINT,
        "--distances",
        "5",
    ]);
    let document = ran.run().succeeded().json();
    let keys: Vec<_> = document.as_object().unwrap().keys().collect();
    assert_eq!(keys, ["jobId", "jobUrl", "status", "results", "messages"]);
    assert_eq!(document["status"], "esriJobSucceeded");
    assert!(
        document["jobUrl"]
            .as_str()
            .unwrap()
            .contains("/CreateBuffers/jobs/")
    );
    let feature = &document["results"]["bufferLayer"]["featureSet"]["features"][0];
    assert_eq!(feature["attributes"]["NAME"], "Basel");
    assert_eq!(feature["attributes"]["BUFF_DIST"], 5.0);
    assert!(document["messages"].is_array());
}

#[test]
fn a_document_tells_where_the_file_is() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("buffers.esri.json");
    let args = [
        "run",
        "CreateBuffers",
        "--local",
        "--json",
        "--input-layer",
        POINT,
        "--distances",
        "5",
        "--out",
    ];
    let document = cli(&[&args[..], &[out.to_str().unwrap()]].concat())
        .run()
        .succeeded()
        .json();
    assert_eq!(
        document["results"]["bufferLayer"],
        json!({
            "file": out.to_str().unwrap(),
            "format": "esri-json",
            "geometryType": "esriGeometryPolygon",
            "featureCount": 1,
        })
    );
    let set = read(&out);
    assert_eq!(set["geometryType"], "esriGeometryPolygon");
    assert_eq!(set["spatialReference"]["wkid"], 4326);
}

#[test]
fn downloads_the_file_that_a_task_makes() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("cities.csv");
    let shown = out.to_str().unwrap();
    let args = [
        "run",
        "ExtractData",
        "--local",
        "--input-layers",
        POINT,
        "--out",
        shown,
    ];
    let ran = cli(&args).run().succeeded();
    assert!(
        ran.stdout.starts_with("contentID: item ")
            && ran.stdout.ends_with(&format!(", written to {shown}\n")),
        "{ran:?}"
    );
    let text = std::fs::read_to_string(&out).unwrap();
    // Features that come without an ID get one where they are read.
    assert_eq!(text, "OBJECTID,NAME,x,y\r\n1,Basel,7.6,47.5\r\n");

    // Over a file that is there, in another format than the name says, as that is the task's to decide.
    let more = [
        "--data-format",
        "SHAPEFILE",
        "--result",
        "contentID",
        "--json",
    ];
    let document = cli(&[&args[..], &more].concat()).run().succeeded().json();
    let result = &document["results"]["contentID"];
    assert_eq!(
        (&result["file"], &result["format"]),
        (&json!(shown), &json!("as-is"))
    );
    assert_eq!(result["itemId"].as_str().unwrap().len(), 32);
    assert_eq!(std::fs::read(&out).unwrap()[..2], *b"PK");
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
}

#[test]
fn a_summary_for_people() {
    let ran = cli(&[
        "run",
        "CreateBuffers",
        "--local",
        "--input-layer",
        POINT,
        "--distances",
        "5000",
    ]);
    let text = ran.run().succeeded().stdout;
    assert!(
        text.starts_with("bufferLayer: 1 polygon feature\n  fields  "),
        "{text}"
    );
    assert!(
        text.contains("NAME") && text.contains("BUFF_DIST"),
        "{text}"
    );
    let extent = text
        .lines()
        .find_map(|line| line.strip_prefix("  extent  "))
        .unwrap();
    // Along the parallel of 47.5 N, 5 km are 5000 / (N cos 47.5) = 0.06636 degrees, where N = 6389.78 km is the radius
    // of WGS 84 in the prime vertical there.
    assert!(
        extent.starts_with("7.533")
            && extent.contains("to 7.666")
            && extent.ends_with("(EPSG:4326)"),
        "{extent}"
    );
}

#[test]
fn parameters_come_from_a_file_or_stdin_and_flags_win() {
    let params = json!({ "inputLayer": serde_json::from_str::<Value>(POINT).unwrap(), "distances": [1, 2], "units": "Miles" });
    let args = [
        "run",
        "CreateBuffers",
        "--local",
        "--json",
        "--params",
        "-",
        "--distances",
        "3",
    ];
    let document = cli(&args)
        .stdin(&params.to_string())
        .run()
        .succeeded()
        .json();
    let features = document["results"]["bufferLayer"]["featureSet"]["features"]
        .as_array()
        .unwrap();
    let distances: Vec<_> = features
        .iter()
        .map(|feature| feature["attributes"]["BUFF_DIST"].clone())
        .collect();
    assert_eq!(distances, [3.0]);

    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("params.json");
    std::fs::write(&file, params.to_string()).unwrap();
    let args = [
        "run",
        "CreateBuffers",
        "--local",
        "--json",
        "--params",
        file.to_str().unwrap(),
    ];
    let document = cli(&args).run().succeeded().json();
    let features = document["results"]["bufferLayer"]["featureSet"]["features"]
        .as_array()
        .unwrap();
    assert_eq!(features.len(), 2);
}

#[test]
fn a_complete_file_is_replaced_and_never_by_half() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("buffers.geojson");
    std::fs::write(&out, "{}").unwrap();
    // Refused parameters leave it as it is.
    let args = [
        "run",
        "CreateBuffers",
        "--local",
        "--input-layer",
        POINT,
        "--out",
        out.to_str().unwrap(),
    ];
    assert_eq!(cli(&args).run().code, Some(2));
    assert_eq!(std::fs::read_to_string(&out).unwrap(), "{}");

    cli(&[&args[..], &["--distances", "5"]].concat())
        .run()
        .succeeded();
    assert_eq!(read(&out)["features"].as_array().unwrap().len(), 1);
}

#[test]
fn the_environment_does_not_matter_to_a_local_run() {
    let args = [
        "run",
        "CreateBuffers",
        "--local",
        "--json",
        "--input-layer",
        POINT,
        "--distances",
        "5",
    ];
    let ran = cli(&args)
        .env("ARCGIS_PORTAL", "http://127.0.0.1:9")
        .env("ARCGIS_USERNAME", "ann")
        .run();
    assert_eq!(ran.succeeded().json()["status"], "esriJobSucceeded");
}

/// A task that runs without a job goes the same way, and fails with the service's words.
#[test]
fn a_task_without_a_job_is_called_and_fails_as_a_job_does() {
    let ran = cli(&["run", "GetTravelModes", "--local", "--json"]).run();
    assert_eq!(ran.code, Some(4));
    let message = ran.error()["message"].as_str().unwrap().to_owned();
    assert!(
        message.contains("GetTravelModes is not computed by the local service"),
        "{message}"
    );
}

/// A point of a layer in this spatial reference, as a feature set, and what `CreateBuffers` writes of it to a file of this name.
fn buffered(folder: &std::path::Path, reference: &Value, out: &str) -> crate::support::Cli {
    let point = json!({ "geometry": { "x": 392_000.0, "y": 5_820_000.0 }, "attributes": { "NAME": "Berlin" } });
    let layer = json!({
        "geometryType": "esriGeometryPoint", "spatialReference": reference, "features": [point],
    });
    let file = folder.join("layer.json");
    std::fs::write(&file, layer.to_string()).unwrap();
    let out = folder.join(out);
    let [file, out] = [&file, &out].map(|path| path.to_str().unwrap());
    cli(&[
        "run",
        "CreateBuffers",
        "--local",
        "--input-layer",
        file,
        "--distances",
        "100",
        "--units",
        "Meters",
        "--out",
        out,
    ])
}

#[test]
fn results_in_a_projected_reference_are_written_in_longitude_and_latitude() {
    let folder = tempfile::tempdir().unwrap();
    let utm = json!({ "wkid": 25_833 });
    let out = |name: &str| {
        buffered(folder.path(), &utm, name).run().succeeded();
        folder.path().join(name)
    };

    // The rectangle around the ring is the middle of it: pyproj 3.7.2 (PROJ 9.5.1),
    // Transformer.from_crs(25833, 4326, always_xy=True).transform(392000, 5820000), and 100 m by
    // Geod(ellps="GRS80").fwd to the east and to the north.
    let (lon, lat) = (13.408_275_440_3, 52.519_395_318_4);
    let (east, north) = (13.409_748_620_8, 52.520_293_974_9);
    let written = read(&out("buffers.geojson"));
    let ring = &written["features"][0]["geometry"]["coordinates"][0];
    let side = |axis: usize| {
        let places = ring
            .as_array()
            .unwrap()
            .iter()
            .map(|place| place[axis].as_f64().unwrap());
        places.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), at| {
            (low.min(at), high.max(at))
        })
    };
    let ((west, right), (south, top)) = (side(0), side(1));
    let near = |a: f64, b: f64| (a - b).abs() < 2e-6;
    assert!(
        near((west + right) / 2.0, lon) && near((south + top) / 2.0, lat),
        "{ring}"
    );
    assert!(near(right, east) && near(top, north), "{right} {top}");

    let page = std::fs::read_to_string(out("buffers.html")).unwrap();
    assert!(page.contains("Berlin") && page.contains(r#""shape":"area""#));

    // The layer's own spatial reference stays where the format has a place for it.
    let esri = read(&out("buffers.esri.json"));
    assert_eq!(esri["spatialReference"]["wkid"], 25_833);
}

#[test]
fn results_on_a_datum_that_needs_a_grid_are_refused_with_what_to_do() {
    let folder = tempfile::tempdir().unwrap();
    // NAD 27, zone 15 of UTM.
    let nad27 = json!({ "wkid": 26_715 });
    let ran = buffered(folder.path(), &nad27, "buffers.html").run();
    assert_eq!(ran.code, Some(1), "{ran:?}");
    // The next line names the job.
    insta::assert_snapshot!(ran.stderr.lines().next().unwrap());
    assert!(!folder.path().join("buffers.html").exists());
    buffered(folder.path(), &nad27, "buffers.esri.json")
        .run()
        .succeeded();
}
