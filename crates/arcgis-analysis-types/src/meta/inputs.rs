//! Where features are in the value of a parameter.

use super::{ObjectMeta, ParamMeta, ParamType};
use serde_json::{Map, Value};

impl ParamMeta {
    /// The feature inputs within a value of the parameter, those in lists and objects too.
    ///
    /// # Examples
    ///
    /// ```
    /// use arcgis_analysis_types::meta::{ParamMeta, ParamType};
    /// use arcgis_analysis_types::serde_json::json;
    ///
    /// let layers = ParamMeta { name: "inputLayers", ty: ParamType::FeatureInputList, ..ParamMeta::OPTIONAL };
    /// let mut value = json!([{ "url": "https://example.com/rest/services/Cities/FeatureServer/0" }, { "itemId": "1" }]);
    /// for layer in layers.feature_inputs(&mut value) {
    ///     layer["filter"] = json!("POP > 1000");
    /// }
    /// assert_eq!(value[1], json!({ "itemId": "1", "filter": "POP > 1000" }));
    /// ```
    pub fn feature_inputs<'a>(&self, value: &'a mut Value) -> Vec<&'a mut Value> {
        let mut found = Vec::new();
        collect(self.ty, value, &mut found);
        found
    }
}

fn collect<'a>(ty: ParamType, value: &'a mut Value, found: &mut Vec<&'a mut Value>) {
    match (ty, value) {
        (ParamType::FeatureInput, value) => found.push(value),
        (ParamType::FeatureInputList, Value::Array(list)) => found.extend(list),
        (ParamType::Object(object), Value::Object(members)) => within(object, members, found),
        (ParamType::ObjectList(object), Value::Array(list)) => {
            for members in list.iter_mut().filter_map(Value::as_object_mut) {
                within(object, members, found);
            }
        }
        _ => {}
    }
}

fn within<'a>(
    object: &ObjectMeta,
    members: &'a mut Map<String, Value>,
    found: &mut Vec<&'a mut Value>,
) {
    for (name, value) in members {
        if let Some(member) = object.members.iter().find(|member| member.name == name) {
            collect(member.ty, value, found);
        }
    }
}
