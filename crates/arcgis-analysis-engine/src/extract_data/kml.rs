//! KML, packed as KMZ.

use super::archive::zip;
use super::cells::text;
use super::{Extract, Row, unwritten};
use crate::overlay::{Part, Position};
use crate::prepared::Solid;
use crate::table::value;
use crate::{Control, DataFile, EngineError};
use arcgis_analysis_types::FieldType;
use quick_xml::Writer;
use quick_xml::events::{BytesDecl, BytesText, Event};
use std::io;

const FORMAT: &str = "KML";
const NAMESPACE: &str = "http://www.opengis.net/kml/2.2";

type Xml = Writer<Vec<u8>>;

/// Writes an archive with one document.
pub(super) fn write(
    stem: &str,
    extracts: &[Extract],
    control: &Control,
) -> Result<DataFile, EngineError> {
    let mut xml = Writer::new(Vec::new());
    let written = document(&mut xml, stem, extracts, control);
    // Writing stops where the analysis is cancelled.
    control.check()?;
    written.map_err(|error| unwritten(FORMAT, error))?;
    Ok(DataFile {
        name: format!("{stem}.kmz"),
        media_type: "application/vnd.google-earth.kmz",
        item_type: "KML",
        bytes: zip(FORMAT, &[("doc.kml".to_owned(), xml.into_inner())])?,
    })
}

fn document(xml: &mut Xml, name: &str, extracts: &[Extract], control: &Control) -> io::Result<()> {
    xml.write_event(Event::Decl(BytesDecl::new("1.0", Some("UTF-8"), None)))?;
    let root = xml
        .create_element("kml")
        .with_attribute(("xmlns", NAMESPACE));
    root.write_inner_content(|xml| {
        xml.create_element("Document").write_inner_content(|xml| {
            tell(xml, "name", name)?;
            for (number, extract) in extracts.iter().enumerate() {
                schema(xml, extract, &schema_id(number))?;
            }
            for (number, extract) in extracts.iter().enumerate() {
                xml.create_element("Folder").write_inner_content(|xml| {
                    tell(xml, "name", &extract.name)?;
                    for row in &extract.rows {
                        if control.is_cancelled() {
                            return Err(io::ErrorKind::Interrupted.into());
                        }
                        placemark(xml, extract, row, &schema_id(number))?;
                    }
                    Ok(())
                })?;
            }
            Ok(())
        })?;
        Ok(())
    })?;
    Ok(())
}

fn schema_id(number: usize) -> String {
    format!("layer-{number}")
}

fn schema(xml: &mut Xml, extract: &Extract, id: &str) -> io::Result<()> {
    let names = [("name", legible(&extract.name)), ("id", id.to_owned())];
    let names = names.iter().map(|(name, text)| (*name, text.as_str()));
    let schema = xml.create_element("Schema").with_attributes(names);
    schema.write_inner_content(|xml| {
        for field in &extract.fields {
            let kind = match field.field_type {
                FieldType::SmallInteger => "short",
                FieldType::Integer => "int",
                FieldType::Single => "float",
                FieldType::Double => "double",
                // There is no type for larger numbers or dates.
                _ => "string",
            };
            let name = legible(&field.name);
            let attributes = [("name", name.as_str()), ("type", kind)];
            xml.create_element("SimpleField")
                .with_attributes(attributes)
                .write_empty()?;
        }
        Ok(())
    })?;
    Ok(())
}

fn placemark(xml: &mut Xml, extract: &Extract, row: &Row, schema: &str) -> io::Result<()> {
    xml.create_element("Placemark").write_inner_content(|xml| {
        let mut fields = extract.fields.iter();
        let name = fields.find(|field| field.name.eq_ignore_ascii_case("name"));
        if let Some(name) = name.and_then(|name| text(value(row.attributes, &name.name), name)) {
            tell(xml, "name", &name)?;
        }
        xml.create_element("ExtendedData")
            .write_inner_content(|xml| {
                let data = xml
                    .create_element("SchemaData")
                    .with_attribute(("schemaUrl", format!("#{schema}").as_str()));
                data.write_inner_content(|xml| {
                    for field in &extract.fields {
                        // What is left out is null.
                        if let Some(text) = text(value(row.attributes, &field.name), field) {
                            xml.create_element("SimpleData")
                                .with_attribute(("name", legible(&field.name).as_str()))
                                .write_text_content(BytesText::new(&legible(&text)))?;
                        }
                    }
                    Ok(())
                })?;
                Ok(())
            })?;
        geometry(xml, &row.solid)
    })?;
    Ok(())
}

fn geometry(xml: &mut Xml, solid: &Solid) -> io::Result<()> {
    match solid {
        Solid::Points(points) => several(xml, points, |xml, point| {
            drawn(xml, "Point", std::iter::once(point))
        }),
        Solid::Paths(paths) => several(xml, paths, |xml, path| {
            drawn(xml, "LineString", path.iter())
        }),
        Solid::Area(region) => several(xml, region, polygon),
        Solid::Nothing => Ok(()),
    }
}

/// One geometry as it is, several in one.
fn several<T>(
    xml: &mut Xml,
    geometries: &[T],
    one: impl Fn(&mut Xml, &T) -> io::Result<()>,
) -> io::Result<()> {
    if let [only] = geometries {
        return one(xml, only);
    }
    xml.create_element("MultiGeometry")
        .write_inner_content(|xml| {
            geometries
                .iter()
                .try_for_each(|geometry| one(xml, geometry))
        })?;
    Ok(())
}

/// The outer ring, counterclockwise, then each hole in an element of its own.
fn polygon(xml: &mut Xml, part: &Part) -> io::Result<()> {
    xml.create_element("Polygon").write_inner_content(|xml| {
        for (number, ring) in part.iter().enumerate() {
            let border = if number == 0 {
                "outerBoundaryIs"
            } else {
                "innerBoundaryIs"
            };
            xml.create_element(border).write_inner_content(|xml| {
                drawn(xml, "LinearRing", ring.iter().chain(ring.first()))
            })?;
        }
        Ok(())
    })?;
    Ok(())
}

fn drawn<'a>(
    xml: &mut Xml,
    element: &str,
    positions: impl Iterator<Item = &'a Position>,
) -> io::Result<()> {
    let places: Vec<_> = positions.map(|[x, y]| format!("{x},{y}")).collect();
    xml.create_element(element)
        .write_inner_content(|xml| tell(xml, "coordinates", &places.join(" ")))?;
    Ok(())
}

fn tell(xml: &mut Xml, element: &str, text: &str) -> io::Result<()> {
    xml.create_element(element)
        .write_text_content(BytesText::new(&legible(text)))?;
    Ok(())
}

/// A text without the control characters that XML cannot hold.
fn legible(text: &str) -> String {
    let is_held = |c: &char| {
        matches!(c, '\t' | '\n' | '\r') || !c.is_control() && !matches!(c, '\u{fffe}' | '\u{ffff}')
    };
    text.chars().filter(is_held).collect()
}
