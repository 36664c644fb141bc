//! What each format must quote, cut, leave out or turn round.

use super::*;

#[test]
fn values_that_a_format_must_quote_or_leave_out_are_read_back() {
    let odd = "a \"quoted\", long\r\nname <&> Ω \u{1}";
    let mut layer = layer_of(
        4326,
        vec![
            feature(
                point(1.0, 2.0),
                json!({"text": odd, "n": 1.5, "at": 1_706_702_400_000_i64, "big": 9_007_199_254_740_993_i64}),
            ),
            feature(
                point(-3.0, 4.0),
                json!({"text": null, "n": null, "at": null, "big": null}),
            ),
            feature(
                point(5.0, 6.0),
                json!({"text": "", "n": -1e-7, "at": -86_400_000, "big": 7}),
            ),
        ],
    );
    layer.layer_definition.fields = vec![
        Field::new("text", FieldType::String),
        Field::new("n", FieldType::Double),
        Field::new("at", FieldType::Date),
        Field::new("big", FieldType::BigInteger),
    ];
    let task = ExtractData::new([layer]);
    let rows = csv(&extract(&task).bytes);
    assert_eq!(rows[0]["text"], odd);
    assert_eq!(rows[0]["at"], "2024-01-31T12:00:00Z");
    assert_eq!(rows[0]["big"], "9007199254740993");
    assert_eq!(rows[2]["n"].parse(), Ok(-1e-7));
    assert!(
        ["text", "n", "at", "big"]
            .iter()
            .all(|name| rows[1][*name].is_empty())
    );

    let (file, messages) = warned(&task.clone().data_format(DataFormat::Shapefile));
    let found = shapefile(&unzip(&file.bytes), "layer");
    assert_eq!(found[0].text("text"), odd);
    assert_eq!(found[0].text("at"), "20240131");
    // A double does not tell this number from its neighbours, so it stays a text.
    assert_eq!(found[0].text("big"), "9007199254740993");
    assert_eq!(found[2].text("n").parse(), Ok(-1e-7));
    assert_eq!(found[2].text("at"), "19691231");
    assert!(
        ["text", "n", "at", "big"]
            .iter()
            .all(|name| found[1].text(name).is_empty())
    );
    assert_eq!(
        messages,
        ["In the shapefile of `layer`, 1 dates lost their time of day."]
    );

    let found = &kml(&extract(&task.data_format(DataFormat::Kml)).bytes)["layer"];
    // XML has no place for the last sign.
    assert_eq!(
        found[0].text("text").replace(['\r', '\n'], ""),
        odd.replace("\r\n", "").trim_end_matches('\u{1}')
    );
    assert!(
        ["text", "n", "at", "big"]
            .iter()
            .all(|name| found[1].text(name).is_empty())
    );
}

#[test]
fn long_names_of_fields_are_cut_so_that_they_differ_and_that_is_told() {
    let attributes = json!({"population_2010": 1, "population_2020": 2, "POPULATION": 3, "größe der Stadt": "x", "": 4});
    let layer = layer_of(4326, vec![feature(point(1.0, 2.0), attributes)]);
    let (file, messages) = warned(&ExtractData::new([layer]).data_format(DataFormat::Shapefile));
    let found = shapefile(&unzip(&file.bytes), "layer");
    let names = [
        "population",
        "populati_1",
        "POPULATI_2",
        "größe_de",
        "FIELD",
    ];
    let values: Vec<String> = names.iter().map(|name| found[0].text(name)).collect();
    assert_eq!(values, ["1", "2", "3", "x", "4"]);
    assert!(
        matches!(messages.as_slice(), [message] if message.contains("`population_2020` is `populati_1`") && message.contains("10 letters")),
        "{messages:?}"
    );
}

#[test]
fn texts_and_numbers_that_do_not_fit_a_table_are_told_of() {
    let long = "ß".repeat(200);
    let attributes =
        json!({"text": long, "huge": 1e300, "fine": 123_456_789.123_456_78, "tiny": 1e-20});
    let layer = layer_of(4326, vec![feature(point(1.0, 2.0), attributes)]);
    let (file, messages) = warned(&ExtractData::new([layer]).data_format(DataFormat::Shapefile));
    let found = shapefile(&unzip(&file.bytes), "layer");
    assert_eq!(found[0].text("text"), "ß".repeat(127));
    assert_eq!(found[0].text("huge"), "");
    assert_eq!(found[0].text("fine").parse(), Ok(123_456_789.123_456_78));
    assert_eq!(found[0].text("tiny").parse(), Ok(1e-20));
    assert_eq!(messages.len(), 2, "{messages:?}");
}

/// By the rules of each format: clockwise outside in a shapefile, counterclockwise in KML; holes the other way.
#[test]
fn parts_and_holes_keep_their_order_whichever_way_they_were_drawn() {
    let ring = |x: f64, y: f64, side: f64, clockwise: bool| {
        let mut ring = vec![
            [x, y],
            [x, y + side],
            [x + side, y + side],
            [x + side, y],
            [x, y],
        ];
        if !clockwise {
            ring.reverse();
        }
        json!(ring)
    };
    for turned in [false, true] {
        let parts = polygon(&[
            ring(0.0, 0.0, 10.0, !turned),
            ring(1.0, 1.0, 2.0, turned),
            ring(5.0, 5.0, 3.0, turned),
            ring(5.5, 5.5, 1.0, !turned),
            ring(20.0, 0.0, 4.0, !turned),
        ]);
        let task = ExtractData::new([numbered(vec![feature(parts, json!({}))])]);
        let expected = 100.0 - 4.0 - 9.0 + 1.0 + 16.0;
        let file = extract(&task.clone().data_format(DataFormat::Shapefile));
        let found = shapefile(&unzip(&file.bytes), "layer");
        assert!((found[0].measure() - expected).abs() < 1e-12);
        assert_eq!(found[0].rings(), (3, 2));
        let found = &kml(&extract(&task.data_format(DataFormat::Kml)).bytes)["layer"];
        assert!((found[0].measure() - expected).abs() < 1e-12);
        assert_eq!(found[0].rings(), (3, 2));
    }
}
