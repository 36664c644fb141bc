use arcgis_analysis_types::meta::{
    Confidence, Execution, ParamMeta, ParamType, ResultMeta, ResultType, ServiceMeta, TaskMeta,
};
use arcgis_analysis_types::serde_json::Value;
use arcgis_analysis_types::{
    DecodeError, FeatureInput, LayerOutput, Object, Outputs, ParameterError, Reader, Task,
    TaskResults, Visitor,
};

/// A task with every kind of parameter and result that matters to the client.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct MeasureThings {
    pub(crate) input_layer: FeatureInput,
    pub(crate) more_layers: Option<Vec<FeatureInput>>,
    pub(crate) note: Option<String>,
}

impl MeasureThings {
    pub(crate) fn new(input_layer: impl Into<FeatureInput>) -> Self {
        Self {
            input_layer: input_layer.into(),
            more_layers: None,
            note: None,
        }
    }
}

/// What [`MeasureThings`] returns.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct MeasureThingsResults {
    pub(crate) measured_layer: LayerOutput,
    pub(crate) remarks: Option<Value>,
}

impl TaskResults for MeasureThingsResults {
    fn decode(outputs: &mut Outputs) -> Result<Self, DecodeError> {
        Ok(Self {
            measured_layer: outputs.required("measuredLayer")?,
            remarks: outputs.optional("remarks")?,
        })
    }
}

impl Task for MeasureThings {
    type Results = MeasureThingsResults;

    const META: &'static TaskMeta = &META;
}

impl Object for MeasureThings {
    const MEMBERS: &'static [ParamMeta] = META.params;

    fn visit<'a>(&'a self, visitor: &mut Visitor<'a>) {
        visitor.add("inputLayer", &self.input_layer);
        visitor.add_if("moreLayers", &self.more_layers);
        visitor.add_if("note", &self.note);
    }

    fn read(reader: &mut Reader) -> Result<Self, ParameterError> {
        Ok(Self {
            input_layer: reader.required("inputLayer")?,
            more_layers: reader.optional("moreLayers")?,
            note: reader.optional("note")?,
        })
    }
}

/// A task that returns nothing.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct ForgetThings;

impl TaskResults for ForgetThings {
    fn decode(_: &mut Outputs) -> Result<Self, DecodeError> {
        Ok(Self)
    }
}

impl Task for ForgetThings {
    type Results = Self;

    const META: &'static TaskMeta = &TaskMeta {
        name: "MeasureThings",
        params: &[],
        results: &[],
        ..META
    };
}

impl Object for ForgetThings {
    const MEMBERS: &'static [ParamMeta] = &[];

    fn visit<'a>(&'a self, _: &mut Visitor<'a>) {}

    fn read(_: &mut Reader) -> Result<Self, ParameterError> {
        Ok(Self)
    }
}

const fn param(name: &'static str, ty: ParamType, required: bool) -> ParamMeta {
    ParamMeta {
        name,
        ty,
        required,
        ..ParamMeta::OPTIONAL
    }
}

const fn result(name: &'static str, ty: ResultType, always: bool) -> ResultMeta {
    ResultMeta {
        name,
        ty,
        object: None,
        doc: "",
        when: "",
        always,
        fields: &[],
    }
}

pub(crate) const META: TaskMeta = TaskMeta {
    name: "MeasureThings",
    id: "measure-things",
    service: &ServiceMeta {
        id: "spatial-analysis",
        title: "Spatial analysis",
        helper_service: "analysis",
        licence: "the Spatial Analysis privilege",
    },
    helper_service: None,
    licence: None,
    needs: None,
    arcgis_online: true,
    execution: Execution::Asynchronous,
    category: "",
    summary: "",
    description: &[],
    source: "",
    credits: None,
    failure_code: None,
    since: None,
    until: None,
    params: &[
        param("inputLayer", ParamType::FeatureInput, true),
        param("moreLayers", ParamType::FeatureInputList, false),
        param("note", ParamType::Text, false),
    ],
    groups: &[],
    rules: &[],
    results: &[
        result("measuredLayer", ResultType::FeatureLayer, true),
        result("remarks", ResultType::Json, false),
    ],
    confidence: Confidence::High,
    unconfirmed: &[],
    examples: &[],
};
