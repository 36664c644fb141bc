//! The rates that the specs state, and what they are counted on.

use super::Cost;
use arcgis_analysis_types::meta::{ParamType, TaskMeta};
use serde_json::Value;

/// So many credits for so many of something.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Rate {
    pub(super) credits: f64,
    pub(super) unit: f64,
    pub(super) of: Counted,
}

/// What is counted.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Counted {
    Features,
    Attributes,
    Areas,
    Routes,
    Places,
}

impl Counted {
    fn of(word: &str) -> Option<Self> {
        Some(match word.trim_end_matches([',', ';', '.']) {
            "feature" | "features" => Self::Features,
            "attribute" | "attributes" => Self::Attributes,
            "area" | "areas" => Self::Areas,
            "route" | "routes" => Self::Routes,
            "place" | "places" => Self::Places,
            _ => return None,
        })
    }
}

/// The rates of a statement such as `1 credit per 1,000 features in a straight line, 0.5 credits per area`.
pub(super) fn rates(statement: &str) -> Vec<Rate> {
    let number = |word: &str| word.replace(',', "").parse::<f64>().ok();
    let words: Vec<&str> = statement.split_whitespace().collect();
    let mut rates = Vec::new();
    for (at, window) in words.windows(3).enumerate() {
        let [price, "credit" | "credits", "per"] = window else {
            continue;
        };
        let behind = &words[at + 3..];
        let unit = behind.first().copied().and_then(number).unwrap_or(1.0);
        let of = behind.iter().copied().find_map(Counted::of);
        if let (Some(price), Some(of)) = (number(price), of) {
            rates.push(Rate {
                credits: price,
                unit,
                of,
            });
        }
    }
    rates
}

/// What a call costs by its task's statement; the error is a sentence.
pub(super) fn cost(meta: &TaskMeta, parameters: &Value) -> Result<Cost, String> {
    let unknown = |what: &str| format!("What {} costs {what} is not known.", meta.name);
    let statement = meta.credits.ok_or_else(|| unknown("at all"))?;
    if statement == "none" {
        return Ok(Cost::Exact(0.0));
    }
    let call = Call { meta, parameters };
    let streets = call.is_along_streets();
    let by_way = statement.contains("in a straight line");
    let rates = rates(statement);
    if rates.is_empty() || streets && by_way && !rates.iter().any(|rate| rate.of == Counted::Areas)
    {
        return Err(unknown("along the streets"));
    }
    let mut credits = 0.0;
    let mut exact = !call.is_filtered();
    for rate in rates {
        let count = match rate.of {
            Counted::Features if by_way && streets => 0.0,
            Counted::Features => call.features(false)?,
            Counted::Attributes => call
                .attributes()?
                .ok_or_else(|| unknown("with collections of data"))?,
            Counted::Areas if statement.contains("along the streets") && !streets => 0.0,
            Counted::Areas => call.features(true)? * call.breaks(),
            Counted::Routes => {
                exact = false;
                call.number("routeCount")
                    .ok_or_else(|| unknown("without `routeCount`"))?
            }
            Counted::Places => {
                exact = false;
                call.features(true)?
            }
        };
        // In this order 13 thousandths are 0.013, and a limit of as much holds exactly.
        credits += rate.credits * count / rate.unit;
    }
    Ok(if exact {
        Cost::Exact(credits)
    } else {
        Cost::AtMost(credits)
    })
}

/// A call of a task, to count on.
struct Call<'a> {
    meta: &'a TaskMeta,
    parameters: &'a Value,
}

impl Call<'_> {
    /// How many features the call gives, in its first layer only or in all of them.
    fn features(&self, first: bool) -> Result<f64, String> {
        let mut count = 0;
        for (name, layer) in self.layers() {
            count += features(layer).ok_or_else(|| {
                format!(
                    "What {} costs goes by the features, and those of the layer elsewhere to which `{name}` refers \
                     are not counted here; send the features themselves.",
                    self.meta.name
                )
            })?;
            if first {
                break;
            }
        }
        Ok(count as f64)
    }

    fn layers(&self) -> impl Iterator<Item = (&'static str, &Value)> {
        let params = self.meta.params.iter();
        params
            .filter(|param| !param.name.ends_with("BarrierLayer"))
            .flat_map(|param| {
                let value = self.parameters.get(param.name);
                let layers: Vec<&Value> = match (param.ty, value) {
                    (ParamType::FeatureInput, Some(layer)) => vec![layer],
                    (ParamType::FeatureInputList, Some(Value::Array(layers))) => {
                        layers.iter().collect()
                    }
                    _ => Vec::new(),
                };
                layers.into_iter().map(|layer| (param.name, layer))
            })
    }

    /// Whether a filter leaves some of the features out.
    fn is_filtered(&self) -> bool {
        let filter = |layer: &Value| {
            layer
                .get("filter")
                .and_then(Value::as_str)
                .map(str::to_owned)
        };
        self.layers()
            .filter_map(|(_, layer)| filter(layer))
            .any(|filter| !filter.trim().is_empty())
    }

    /// How many attributes are added; `None` where only ArcGIS knows.
    fn attributes(&self) -> Result<Option<f64>, String> {
        if self.meta.param("dividedByField").is_some() {
            let field = self
                .parameters
                .get("dividedByField")
                .and_then(Value::as_str);
            let divides = field.is_some_and(|field| field.eq_ignore_ascii_case("esriPopulation"));
            return Ok(Some(if divides { self.features(true)? } else { 0.0 }));
        }
        if self.parameters.get("dataCollections").is_some() {
            return Ok(None);
        }
        let variables = self.parameters.get("analysisVariables");
        let variables = variables.and_then(Value::as_array).map_or(0, Vec::len);
        Ok(Some(self.features(true)? * variables as f64))
    }

    /// How many areas there are around each feature: one for each distance or time.
    fn breaks(&self) -> f64 {
        let list = |param: &&arcgis_analysis_types::meta::ParamMeta| {
            matches!(param.ty, ParamType::NumberList)
        };
        let Some(param) = self.meta.params.iter().find(list) else {
            return 1.0;
        };
        let default = || serde_json::from_str(param.default?).ok();
        let given = self.parameters.get(param.name).cloned();
        let given = given.or_else(default);
        given.as_ref().and_then(Value::as_array).map_or(1, Vec::len) as f64
    }

    fn number(&self, name: &str) -> Option<f64> {
        self.parameters.get(name)?.as_f64()
    }

    /// Whether the call measures by a travel mode and not in a straight line.
    fn is_along_streets(&self) -> bool {
        let modes = self
            .meta
            .params
            .iter()
            .filter(|param| matches!(param.ty, ParamType::TravelMode));
        modes
            .filter_map(|param| self.parameters.get(param.name))
            .any(|mode| {
                mode.as_str()
                    .is_none_or(|word| !word.eq_ignore_ascii_case("StraightLine"))
            })
    }
}

/// How many features travel in a layer.
fn features(layer: &Value) -> Option<usize> {
    let set = layer.get("featureSet").unwrap_or(layer);
    set.get("features")?.as_array().map(Vec::len)
}
