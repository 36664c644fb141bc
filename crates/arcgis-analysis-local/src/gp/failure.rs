//! How a job says that it failed.

use arcgis_analysis_types::meta::TaskMeta;
use serde_json::json;

/// The codes with which the spatial analysis service marks the failure of each task.
const CODES: [(&str, &str); 34] = [
    ("AggregatePoints", "AO_100001"),
    ("AnalyzeGeocodeInput", "AO_100162"),
    ("BatchGeocode", "AO_100161"),
    ("CalculateDensity", "AO_100105"),
    ("ChooseBestFacilities", "AO_100150"),
    ("ConnectOriginsToDestinations", "AO_100080"),
    ("CreateBuffers", "AO_100012"),
    ("CreateDriveTimeAreas", "AO_100028"),
    ("CreateRouteLayers", "AO_100211"),
    ("CreateThresholdAreas", "AO_100304"),
    ("CreateViewshed", "AO_100121"),
    ("CreateWatersheds", "AO_100123"),
    ("DeriveNewLocations", "AO_100079"),
    ("DissolveBoundaries", "AO_100027"),
    ("EnrichLayer", "AO_100020"),
    ("ExtractData", "AO_100026"),
    ("FieldCalculator", "AO_100081"),
    ("FindCentroids", "AO_100254"),
    ("FindExistingLocations", "AO_100061"),
    ("FindHotSpots", "AO_100007"),
    ("FindNearest", "AO_100030"),
    ("FindOutliers", "AO_100216"),
    ("FindPointClusters", "AO_100260"),
    ("FindSimilarLocations", "AO_100077"),
    ("GenerateTessellations", "AO_100268"),
    ("InterpolatePoints", "AO_100104"),
    ("JoinFeatures", "AO_100215"),
    ("MergeLayers", "AO_100029"),
    ("OverlayLayers", "AO_100013"),
    ("PlanRoutes", "AO_100063"),
    ("SummarizeCenterAndDispersion", "AO_100261"),
    ("SummarizeNearby", "AO_100025"),
    ("SummarizeWithin", "AO_100014"),
    ("TraceDownstream", "AO_100122"),
];

/// The description of the error message of a failed job.
///
/// Where the service has a code for the task, the description is itself JSON text, which clients look into.
pub(crate) fn description(meta: &TaskMeta, sentence: &str) -> String {
    let of_this_service = meta.service.helper_service == "analysis";
    match CODES
        .iter()
        .find(|(task, _)| of_this_service && *task == meta.name)
    {
        Some((_, code)) => {
            json!({ "messageCode": code, "message": sentence, "params": {} }).to_string()
        }
        None => sentence.to_owned(),
    }
}
