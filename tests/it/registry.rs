//! The registries of the service crates, held against the specs and the specs against each other.

use crate::specs;
use arcgis_analysis::types::TaskEntry;
use arcgis_analysis_local::{Support, support};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use xtask::load;

/// Each task of each service, as its spec says it.
fn documents() -> Vec<(String, Value)> {
    let files = load::files(&specs::root()).expect("the specs can be read");
    let tasks = files
        .iter()
        .filter(|file| load::is_spec(&file.path) && file.name() != "service.json");
    tasks
        .map(|file| {
            (
                file.folder().to_owned(),
                serde_json::from_str(&file.text).expect("a spec is JSON"),
            )
        })
        .collect()
}

fn services() -> BTreeMap<String, Value> {
    let files = load::files(&specs::root()).expect("the specs can be read");
    let services = files.iter().filter(|file| file.name() == "service.json");
    services
        .map(|file| {
            (
                file.folder().to_owned(),
                serde_json::from_str(&file.text).expect("a spec is JSON"),
            )
        })
        .collect()
}

fn entry(service: &str, name: &str) -> &'static TaskEntry {
    arcgis_analysis::find_task(name, Some(service))
        .unwrap_or_else(|error| panic!("{service}/{name}: {error}"))
}

fn list<'a>(value: &'a Value, key: &str) -> &'a [Value] {
    value[key].as_array().map_or(&[], Vec::as_slice)
}

#[test]
fn every_spec_is_a_task_with_its_parameters_and_results() {
    let documents = documents();
    assert_eq!(arcgis_analysis::tasks().count(), documents.len());
    for (service, spec) in &documents {
        let name = spec["name"].as_str().expect("a task has a name");
        let meta = entry(service, name).meta;
        assert_eq!((meta.service.id, meta.name), (service.as_str(), name));
        let names = |key: &str| -> Vec<&str> {
            list(spec, key)
                .iter()
                .filter_map(|p| p["name"].as_str())
                .collect()
        };
        assert_eq!(
            meta.params.iter().map(|p| p.name).collect::<Vec<_>>(),
            names("parameters"),
            "{name}"
        );
        assert_eq!(
            meta.results.iter().map(|r| r.name).collect::<Vec<_>>(),
            names("results"),
            "{name}"
        );
        for (param, spec) in meta.params.iter().zip(list(spec, "parameters")) {
            assert_eq!(
                param.required,
                spec["required"] == true,
                "{name}.{}",
                param.name
            );
            assert_eq!(
                param.doc,
                spec["doc"].as_str().expect("a parameter has a doc"),
                "{name}.{}",
                param.name
            );
            let default: Option<Value> = param
                .default
                .map(|text| serde_json::from_str(text).expect("a default is JSON"));
            assert!(
                same(default.as_ref(), spec.get("default")),
                "{name}.{}",
                param.name
            );
        }
        assert_eq!(meta.groups.len(), list(spec, "groups").len(), "{name}");
        assert_eq!(meta.examples.len(), list(spec, "examples").len(), "{name}");
    }
}

/// Whether two values are equal, `1` and `1.0` among them, whatever the order of members.
fn same(a: Option<&Value>, b: Option<&Value>) -> bool {
    match (a, b) {
        (Some(Value::Number(a)), Some(Value::Number(b))) => a.as_f64() == b.as_f64(),
        (Some(Value::Array(a)), Some(Value::Array(b))) => {
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(Some(a), Some(b)))
        }
        (Some(Value::Object(a)), Some(Value::Object(b))) => {
            a.len() == b.len() && a.iter().all(|(key, a)| same(Some(a), b.get(key)))
        }
        _ => a == b,
    }
}

/// What a call of an example sends is what the example says, whatever the typed struct makes of it on the way.
#[test]
fn every_example_is_sent_as_it_is_written() {
    for (service, spec) in documents() {
        let name = spec["name"].as_str().expect("a task has a name");
        let task = entry(&service, name);
        for example in list(&spec, "examples") {
            let given = example["parameters"]
                .as_object()
                .expect("an example has parameters");
            let form = task
                .encode(example["parameters"].clone())
                .unwrap_or_else(|error| panic!("{error}"));
            assert_eq!(form.iter().count(), given.len(), "{name}");
            for (param, value) in given {
                let meta = task.meta.param(param).expect("the parameter exists");
                let sent = form.value(param).expect("what is given is sent");
                let wanted = match (meta.separator, value) {
                    (Some(separator), Value::Array(items)) => {
                        let items: Vec<_> = items
                            .iter()
                            .map(|item| match item {
                                Value::String(text) => text.clone(),
                                Value::Number(number)
                                    if matches!(
                                        meta.ty,
                                        arcgis_analysis::types::meta::ParamType::NumberList
                                    ) =>
                                {
                                    format!("{:?}", number.as_f64().expect("a number"))
                                }
                                other => other.to_string(),
                            })
                            .collect();
                        items.join(&separator.to_string()).into()
                    }
                    _ => value.clone(),
                };
                assert!(
                    same(Some(sent), Some(&wanted)),
                    "{name}.{param}: {sent} is sent for {wanted}"
                );
            }
        }
    }
}

/// Parameters that several tasks of a service have under one name, but that are not the same thing, with the reason.
const HOMONYMS: &[(&str, &str, &str)] = &[
    (
        "geoanalytics",
        "attributerelationship",
        "JoinFeatures takes pairs of fields, GroupByProximity an expression",
    ),
    (
        "geoanalytics",
        "explanatoryvariables",
        "ForestBasedClassificationAndRegression also says which are categories",
    ),
    (
        "geoanalytics",
        "outputname",
        "CreateSpaceTimeCube writes a file, not a layer",
    ),
    (
        "raster-analysis",
        "classvaluefield",
        "DetectObjectsUsingDeepLearning names a field of its result, the others one of their input",
    ),
    (
        "raster-analysis",
        "context",
        "image collections take other settings than analyses",
    ),
    (
        "raster-analysis",
        "dimensionvalues",
        "SubsetMultidimensionalRaster names a dimension with each value, PredictUsingTrendRaster has one dimension",
    ),
    (
        "raster-analysis",
        "imagecollection",
        "CreateImageCollection makes what the others change",
    ),
    (
        "raster-analysis",
        "inputrasters",
        "image collections also take folders and lists of items, analyses only rasters",
    ),
    (
        "raster-analysis",
        "intervalvalue",
        "AggregateMultidimensionalRaster declares a text, PredictUsingTrendRaster a number",
    ),
    (
        "raster-analysis",
        "maximumdistance",
        "CalculateTravelCost measures in cost, not in length",
    ),
    (
        "raster-analysis",
        "maxvalue",
        "ManageMultidimensionalRaster takes times as well as numbers",
    ),
    (
        "raster-analysis",
        "minvalue",
        "ManageMultidimensionalRaster takes times as well as numbers",
    ),
    (
        "raster-analysis",
        "numberofneighbors",
        "LocateRegions says which neighbours, InterpolatePoints how many",
    ),
    (
        "raster-analysis",
        "outputname",
        "some tasks write features, tables or packages instead of rasters",
    ),
    (
        "raster-analysis",
        "searchdistance",
        "GeomorphonLandforms has the unit in a parameter of its own",
    ),
    (
        "spatial-analysis",
        "expressions",
        "FieldCalculator computes fields, the others state conditions",
    ),
    (
        "spatial-analysis",
        "outputname",
        "some tasks write a file instead of a layer",
    ),
    (
        "spatial-analysis",
        "summaryfields",
        "JoinFeatures takes objects, the others texts",
    ),
];

/// A parameter's name means one thing throughout a service: it has one type wherever it stands.
#[test]
fn one_name_has_one_type_within_a_service() {
    let mut types: BTreeMap<(String, String), BTreeMap<String, Vec<String>>> = BTreeMap::new();
    for (service, spec) in documents() {
        for param in list(&spec, "parameters") {
            let name = param["name"]
                .as_str()
                .expect("a parameter has a name")
                .to_ascii_lowercase();
            let ty = param["type"].as_str().expect("and a type").to_owned();
            let tasks = types
                .entry((service.clone(), name))
                .or_default()
                .entry(ty)
                .or_default();
            tasks.push(spec["name"].as_str().expect("a task has a name").to_owned());
        }
    }
    let known: BTreeSet<_> = HOMONYMS
        .iter()
        .map(|(service, name, _)| (*service, *name))
        .collect();
    let several: Vec<_> = types
        .iter()
        .filter(|(_, types)| types.len() > 1)
        .filter(|((service, name), _)| !known.contains(&(service.as_str(), name.as_str())))
        .collect();
    assert!(several.is_empty(), "{several:#?}");
    for (service, name, _) in HOMONYMS {
        let types = types.get(&((*service).to_owned(), (*name).to_owned()));
        assert!(
            types.is_some_and(|types| types.len() > 1),
            "{service}: `{name}` has one type by now; drop it from the list"
        );
    }
}

/// The specs say which tasks the local service computes, for the index of tasks; the engine knows it.
#[test]
fn the_index_tells_which_tasks_are_computed_locally() {
    for (service, spec) in services() {
        let listed: BTreeSet<_> = list(&spec, "local")
            .iter()
            .filter_map(Value::as_str)
            .collect();
        let computed: BTreeSet<_> = arcgis_analysis::tasks()
            .filter(|task| {
                task.meta.service.id == service
                    && !matches!(support(task.meta), Support::Unavailable(_))
            })
            .map(|task| task.meta.name)
            .collect();
        assert_eq!(
            listed, computed,
            "`local` in task-specs/{service}/service.json"
        );
    }
}
