//! A page with a map of features, which a browser shows without a network.

use crate::types::{AttributeValue, FeatureCollection, FieldType, GeoJsonError};
use serde_json::{Value, json};
use std::fmt::Write;

/// The page: what it shows stands between the halves, as JSON.
const PAGE: &str = include_str!("map/page.html");
const DATA: &str = "<!-- data -->";
/// Rings around land, each longitudes and latitudes in turn, in twentieths of a degree (`tests/reference/land.py`).
const LAND: &str = include_str!("map/land.json");
/// How many units the longer side of the map has: fine enough to zoom in a hundred times.
const SIDE: f64 = 20_000.0;
/// Where the longer side is shorter than this many degrees, the land is too coarse to be shown.
const COARSE: f64 = 2.0;
/// How many features are drawn; a browser gets slow with more.
const DRAWN: usize = 20_000;
/// Metres of a degree of latitude.
const DEGREE: f64 = 111_195.0;

/// The page that shows the features and, where one clicks, their attributes.
///
/// # Errors
/// Where the features cannot be brought to longitude and latitude.
pub(super) fn page(features: &FeatureCollection, title: &str) -> Result<String, GeoJsonError> {
    let geojson = features.to_geojson()?;
    let geometries = geojson["features"]
        .as_array()
        .map_or(&[][..], Vec::as_slice);
    let total = geometries.len();
    let geometries: Vec<&Value> = geometries
        .iter()
        .take(DRAWN)
        .map(|feature| &feature["geometry"])
        .collect();
    let frame = Frame::around(&geometries);
    let fields = features.fields();
    let drawn: Vec<Value> = features
        .features()
        .iter()
        .zip(&geometries)
        .map(|(feature, geometry)| {
            let row = feature.attributes.values_of(fields.iter().map(|field| field.name.as_str()));
            let row = row.map(AttributeValue::to_json);
            json!({ "path": frame.path(geometry), "shape": shape(geometry), "row": row.collect::<Value>() })
        })
        .collect();
    let names = fields.iter().map(|field| {
        let shown = field.alias.as_deref().filter(|alias| !alias.is_empty());
        let is = |ty| field.field_type == ty;
        json!({ "name": shown.unwrap_or(&field.name), "id": is(FieldType::Oid), "date": is(FieldType::Date) })
    });
    let data = json!({
        "title": title,
        "total": total,
        "width": frame.width,
        "height": frame.height,
        "metres": frame.degrees * DEGREE,
        "land": frame.land(),
        "fields": names.collect::<Value>(),
        "features": drawn,
    });
    // A text in the data must not end the script that holds it.
    let data = data.to_string().replace('<', "\\u003c");
    let (before, after) = PAGE.split_once(DATA).unwrap_or((PAGE, ""));
    Ok([before, &data, after].concat())
}

/// How a geometry is drawn.
fn shape(geometry: &Value) -> &'static str {
    match geometry["type"].as_str() {
        Some("Polygon" | "MultiPolygon") => "area",
        Some("LineString" | "MultiLineString") => "line",
        Some("Point" | "MultiPoint") => "point",
        _ => "none",
    }
}

/// The part of the world that is shown, and its scale: plate carrée, true in the middle.
struct Frame {
    west: f64,
    north: f64,
    /// Degrees of latitude of a unit.
    degrees: f64,
    /// Degrees of longitude that look as long as one of latitude.
    stretch: f64,
    width: f64,
    height: f64,
}

impl Frame {
    fn around(geometries: &[&Value]) -> Self {
        let mut bounds: Option<[f64; 4]> = None;
        for geometry in geometries {
            lines(&geometry["coordinates"], &mut |line| {
                for &(lon, lat) in line {
                    let [w, s, e, n] = bounds.unwrap_or([lon, lat, lon, lat]);
                    bounds = Some([w.min(lon), s.min(lat), e.max(lon), n.max(lat)]);
                }
            });
        }
        let [west, south, east, north] = bounds.unwrap_or([-180.0, -90.0, 180.0, 90.0]);
        let stretch = 1.0 / ((south + north) / 2.0).to_radians().cos().max(0.1);
        let (across, up) = ((east - west) / stretch, north - south);
        // Around all features there is some room, around a single point a degree.
        let room = (0.04 * across.max(up)).max(if across.max(up) > 0.0 { 0.0 } else { 0.5 });
        let (across, up) = (across + 2.0 * room, up + 2.0 * room);
        let degrees = across.max(up) / SIDE;
        Self {
            west: west - room * stretch,
            north: north + room,
            degrees,
            stretch,
            width: (across / degrees).round(),
            height: (up / degrees).round(),
        }
    }

    fn place(&self, (lon, lat): (f64, f64)) -> (f64, f64) {
        let x = (lon - self.west) / self.stretch / self.degrees;
        let y = (self.north - lat) / self.degrees;
        (x.round(), y.round())
    }

    /// The path of a geometry, as SVG writes it.
    fn path(&self, geometry: &Value) -> String {
        let mut path = String::new();
        let shape = shape(geometry);
        lines(&geometry["coordinates"], &mut |line| match shape {
            // What stays at its place is drawn as a dot.
            "point" => line
                .iter()
                .for_each(|&point| self.draw(&mut path, &[point], false)),
            _ => self.draw(&mut path, line, shape == "area"),
        });
        path
    }

    fn draw(&self, path: &mut String, line: &[(f64, f64)], area: bool) {
        let mut last = None;
        for &point in line {
            let (x, y) = self.place(point);
            // Writing to a text never fails.
            let _ = match last {
                None => write!(path, "M{x} {y}"),
                Some((from_x, from_y)) if (from_x, from_y) == (x, y) => continue,
                Some((from_x, from_y)) => write!(path, "l{} {}", x - from_x, y - from_y),
            };
            last = Some((x, y));
        }
        path.push_str(if area { "z" } else { "h0" });
    }

    /// The land that is in sight, also where the map goes on beyond 180 degrees.
    fn land(&self) -> String {
        let mut path = String::new();
        if SIDE * self.degrees < COARSE {
            return path;
        }
        let rings: Vec<Vec<f64>> = serde_json::from_str(LAND).unwrap_or_default();
        for turn in [-360.0, 0.0, 360.0] {
            for ring in &rings {
                let ring: Vec<_> = ring
                    .chunks_exact(2)
                    .map(|point| (point[0] / 20.0 + turn, point[1] / 20.0))
                    .collect();
                let seen = |(x, y): (f64, f64)| {
                    (-self.width..2.0 * self.width).contains(&x)
                        && (-self.height..2.0 * self.height).contains(&y)
                };
                // A continent may surround the map, so that none of its border is near.
                if ring.len() > 100 || ring.iter().any(|&point| seen(self.place(point))) {
                    self.draw(&mut path, &ring, true);
                }
            }
        }
        path
    }
}

/// The lines of GeoJSON coordinates, however deep they are nested; a point is a line of one.
fn lines(coordinates: &Value, each: &mut impl FnMut(&[(f64, f64)])) {
    let Some(items) = coordinates.as_array() else {
        return;
    };
    if let Some(point) = point(coordinates) {
        each(&[point]);
        return;
    }
    let line: Option<Vec<_>> = items.iter().map(point).collect();
    match line {
        Some(line) if !line.is_empty() => each(&line),
        _ => items.iter().for_each(|item| lines(item, each)),
    }
}

fn point(position: &Value) -> Option<(f64, f64)> {
    Some((position.get(0)?.as_f64()?, position.get(1)?.as_f64()?))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn shown(geojson: &str) -> (String, Value) {
        let features = FeatureCollection::from_geojson(geojson).unwrap();
        let page = page(&features, "a & b").unwrap();
        let data = page.split_once(r#"id="data">"#).unwrap().1;
        let data = data.split_once("</script>").unwrap().0;
        let data = serde_json::from_str(data).unwrap();
        (page, data)
    }

    #[test]
    fn a_square_degree_at_the_equator_is_a_square() {
        let (_, data) = shown(
            r#"{"type": "Polygon", "coordinates": [[[0, -0.5], [1, -0.5], [1, 0.5], [0, 0.5], [0, -0.5]]]}"#,
        );
        assert_eq!(
            (&data["width"], &data["height"]),
            (&20_000.0.into(), &20_000.0.into())
        );
        // 4 % of room on each side: a degree is 20,000 / 1.08 units, from 740.7 to 19,259.3.
        let side = 18_518.0;
        let path = data["features"][0]["path"].as_str().unwrap();
        assert_eq!(
            path,
            format!("M741 19259l{side} 0l0 -{side}l-{side} 0l0 {side}z")
        );
        let metres = data["metres"].as_f64().unwrap() * side;
        assert!((metres - 111_195.0).abs() < 10.0, "{metres}");
    }

    #[test]
    fn at_sixty_degrees_a_degree_of_longitude_is_half_as_wide() {
        let (_, data) = shown(r#"{"type": "LineString", "coordinates": [[10, 59.5], [11, 60.5]]}"#);
        let ratio = data["width"].as_f64().unwrap() / data["height"].as_f64().unwrap();
        // 0.5 + 2 * 0.04 over 1 + 2 * 0.04
        assert!((ratio - 0.58 / 1.08).abs() < 1e-3, "{ratio}");
        assert_eq!(data["features"][0]["shape"], "line");
    }

    #[test]
    fn every_shape_is_drawn_and_what_has_none_is_listed() {
        let (_, data) = shown(
            r#"{"type": "FeatureCollection", "features": [
                {"type": "Feature", "geometry": {"type": "MultiPoint", "coordinates": [[0, 0], [2, 2]]}, "properties": {"n": 1}},
                {"type": "Feature", "geometry": null, "properties": {"n": null}}
            ]}"#,
        );
        let path = data["features"][0]["path"].as_str().unwrap();
        assert_eq!(path.matches('M').count(), 2);
        assert_eq!(path.matches("h0").count(), 2);
        assert_eq!(
            (&data["features"][1]["shape"], &data["features"][1]["path"]),
            (&"none".into(), &"".into())
        );
        assert_eq!(data["total"], 2);
    }

    #[test]
    fn one_point_and_no_features_have_a_map_too() {
        let (_, one) = shown(r#"{"type": "Point", "coordinates": [7.6, 47.5]}"#);
        assert_eq!(one["height"], 20_000.0);
        assert_eq!(one["features"][0]["path"], "M10000 10000h0");
        // (180 + 2 * 0.04 * 360) / (1.08 * 360) of 20,000.
        let (_, none) = shown(r#"{"type": "FeatureCollection", "features": []}"#);
        assert_eq!(
            (&none["width"], &none["height"]),
            (&20_000.0.into(), &10_741.0.into())
        );
        // Berlin is on land, and so is the middle of every continent.
        assert!(none["land"].as_str().unwrap().len() > 10_000);
    }

    #[test]
    fn the_text_of_an_attribute_stays_text() {
        let (page, data) = shown(
            r#"{"type": "Feature", "geometry": {"type": "Point", "coordinates": [0, 0]},
                "properties": {"name": "</script><script>alert(1)</script>"}}"#,
        );
        assert!(!page.contains("alert(1)</script>"));
        let row = data["features"][0]["row"].as_array().unwrap();
        assert!(row.contains(&"</script><script>alert(1)</script>".into()));
        assert_eq!(data["title"], "a & b");
    }

    #[test]
    fn of_very_many_features_the_first_are_drawn() {
        let place = r#"{"type": "Feature", "geometry": {"type": "Point", "coordinates": [1, 2]}, "properties": {}}"#;
        let many = vec![place; DRAWN + 1].join(",");
        let (_, data) = shown(&format!(
            r#"{{"type": "FeatureCollection", "features": [{many}]}}"#
        ));
        assert_eq!(data["total"], DRAWN + 1);
        assert_eq!(data["features"].as_array().unwrap().len(), DRAWN);
    }
}
