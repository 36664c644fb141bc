//! Buffers as features.

use super::{Buffers, Plan};
use crate::overlay::Region;
use crate::prepared::Solid;
use crate::table::{Table, geometry, renamed, value};
use crate::{Control, EngineError};
use arcgis_analysis_types::{Attributes, FeatureCollection, FieldType, GeometryType};

pub(super) const DISTANCE: &str = "BUFF_DIST";
const ORIGIN: &str = "ORIG_FID";

/// Writes the buffers as features.
pub(super) fn buffers_table(
    plan: &Plan,
    buffers: Vec<Buffers>,
    control: &Control,
) -> Result<FeatureCollection, EngineError> {
    let (out, change) = &plan.result;
    let drawn = |region: Region| {
        let mut solid = Solid::Area(region);
        solid.change(*change);
        geometry(&solid, GeometryType::Polygon)
    };
    let mut table = Table::new(&[DISTANCE]);
    if plan.dissolve {
        table.add(DISTANCE, FieldType::Double);
        for (distance, region) in buffers
            .into_iter()
            .flatten()
            .filter(|(_, region)| !region.is_empty())
        {
            // Without a distance it is no number, and so null.
            table.push(drawn(region), Attributes::from_iter([(DISTANCE, distance)]));
        }
        return table.finish("bufferLayer", out);
    }
    let layer = &plan.layer;
    let id = layer.object_id_field.as_deref();
    // The input's object ID has no meaning as that of another feature, so it moves to a field of its own.
    let origin = id.filter(|_| layer.field(ORIGIN).is_none());
    let names: Vec<(String, String)> = layer
        .fields
        .iter()
        .filter(|field| origin != Some(field.name.as_str()))
        .map(|field| (field.name.clone(), table.carry(field)))
        .collect();
    if origin.is_some() {
        table.add(ORIGIN, FieldType::Oid);
    }
    table.add(DISTANCE, FieldType::Double);
    let (mut without_distance, mut without_area) = (0, 0);
    for (feature, buffers) in layer.features.iter().zip(buffers) {
        if buffers.is_empty() {
            without_distance += 1;
        } else if buffers.iter().all(|(_, region)| region.is_empty()) {
            without_area += 1;
        }
        for (distance, region) in buffers.into_iter().filter(|(_, region)| !region.is_empty()) {
            let mut row = renamed(feature.attributes, &names);
            if let Some(origin) = origin {
                row.insert(ORIGIN, value(feature.attributes, origin).clone());
            }
            row.insert(DISTANCE, distance);
            table.push(drawn(region), row);
        }
    }
    if without_distance > 0 {
        control.warn(&format!(
            "{without_distance} features were left out: their distance is null, no number, or not greater than 0."
        ));
    }
    if without_area > 0 {
        control.warn(&format!(
            "{without_area} features without a geometry, or without any length, were left out."
        ));
    }
    table.finish("bufferLayer", out)
}
