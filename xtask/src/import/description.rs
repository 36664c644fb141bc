//! What a service says of itself and of its tasks, taken apart.

use super::clean;
use super::gp::GpType;
use serde_json::Value;

/// The longest name that is taken for one.
const LONGEST_NAME: usize = 128;

/// How many parameters, choices or tasks are taken for a description, and not for an attack.
const MOST: usize = 5_000;

/// The descriptions of a service and its tasks, and what is wrong with them.
///
/// # Examples
///
/// See the [module](super).
#[derive(Debug, Clone, Default)]
pub struct Description {
    service: Option<ServiceDescription>,
    tasks: Vec<Task>,
    refusals: Vec<String>,
}

/// What a service says of itself.
///
/// # Examples
///
/// ```
/// use xtask::import::Description;
/// use serde_json::json;
///
/// let mut description = Description::default();
/// description.parse("service.json", &json!({ "tasks": ["Count"], "serviceDescription": "<p>Counts.</p>" }));
/// let service = description.service().expect("it has tasks");
/// assert_eq!(service.tasks, ["Count"]);
/// assert!(service.asynchronous);
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct ServiceDescription {
    /// What it is for, as the service puts it.
    pub text: String,
    /// The names of its tasks.
    pub tasks: Vec<String>,
    /// Whether its tasks run as jobs.
    pub asynchronous: bool,
    /// The release of the server, where it says so.
    pub release: Option<String>,
    /// Where it was read.
    pub source: String,
}

/// What a service says of a task.
///
/// # Examples
///
/// See the [module](super).
#[derive(Debug, Clone, PartialEq)]
pub struct Task {
    /// The name on the wire.
    pub name: String,
    /// The name for people.
    pub title: String,
    /// What it does, as the service puts it.
    pub text: String,
    /// The group under which the service lists it.
    pub category: String,
    /// Whether it runs as a job; `None` where only the service says it.
    pub asynchronous: Option<bool>,
    /// Its inputs and outputs, in order.
    pub parameters: Vec<Parameter>,
}

/// What a service says of a parameter.
///
/// # Examples
///
/// See the [module](super).
#[derive(Debug, Clone, PartialEq)]
pub struct Parameter {
    /// The name on the wire.
    pub name: String,
    /// The name for people.
    pub title: String,
    /// What it means, as the service puts it.
    pub text: String,
    /// The data type.
    pub ty: GpType,
    /// Whether it goes in or comes out.
    pub direction: Direction,
    /// Whether it must be there.
    pub need: Need,
    /// What is assumed when it is left out; `None` where nothing is.
    pub default: Option<Value>,
    /// The words that it takes, where it lists them.
    pub choices: Vec<String>,
    /// The least and the greatest value.
    pub range: (Option<f64>, Option<f64>),
    /// The geometry of features, from the schema that their default is.
    pub geometry: Option<&'static str>,
}

/// Whether a parameter goes in or comes out.
///
/// # Examples
///
/// ```
/// assert_ne!(xtask::import::Direction::Input, xtask::import::Direction::Output);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// It goes in.
    Input,
    /// It comes out.
    Output,
}

/// Whether a parameter must be there.
///
/// # Examples
///
/// ```
/// assert_ne!(xtask::import::Need::Required, xtask::import::Need::Derived);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Need {
    /// It must.
    Required,
    /// It may.
    Optional,
    /// The task makes it.
    Derived,
}

impl Description {
    /// Takes a document apart: a service's page, a task's page, or a list of such.
    pub fn parse(&mut self, source: &str, document: &Value) {
        if let Value::Array(documents) = document {
            for document in documents {
                self.parse(source, document);
            }
            return;
        }
        let error = document.get("error");
        if let Some(error) = error {
            let message = error.get("message").and_then(Value::as_str).unwrap_or("");
            self.refuse(
                source,
                &format!(
                    "the service answered with an error: {}",
                    clean::plain(message)
                ),
            );
        } else if document.get("parameters").is_some_and(Value::is_array) {
            match task(document) {
                Ok(task)
                    if self
                        .tasks
                        .iter()
                        .any(|t| t.name.eq_ignore_ascii_case(&task.name)) =>
                {
                    self.refuse(
                        source,
                        &format!("the task `{}` is described twice", task.name),
                    );
                }
                Ok(task) => self.tasks.push(task),
                Err(problems) => {
                    for problem in problems {
                        self.refuse(source, &problem);
                    }
                }
            }
        } else if let Some(tasks) = document.get("tasks").and_then(Value::as_array) {
            self.parse_service(source, document, tasks);
        } else {
            let problem = "this is neither the page of a GPServer (it has no `tasks`) nor of a task (it has no `parameters`)";
            self.refuse(source, problem);
        }
    }

    /// Notes what cannot be imported.
    pub fn refuse(&mut self, source: &str, problem: &str) {
        self.refusals.push(format!("{source}: {problem}"));
    }

    fn parse_service(&mut self, source: &str, document: &Value, tasks: &[Value]) {
        let mut names = Vec::new();
        for (i, task) in tasks.iter().take(MOST).enumerate() {
            let name = task
                .as_str()
                .or_else(|| task.get("name").and_then(Value::as_str));
            match name.map(fit_segment) {
                Some(Ok(name)) => names.push(name),
                Some(Err(problem)) => {
                    self.refuse(source, &format!("the name of task {} {problem}", i + 1))
                }
                None => self.refuse(source, &format!("task {} has no name", i + 1)),
            }
        }
        if self.service.is_some() {
            self.refuse(
                source,
                "a service is described already; import one service at a time",
            );
            return;
        }
        self.service = Some(ServiceDescription {
            text: text(document, "serviceDescription"),
            tasks: names,
            asynchronous: document.get("executionType").and_then(Value::as_str)
                != Some("esriExecutionTypeSynchronous"),
            release: document
                .get("currentVersion")
                .filter(|v| v.is_number())
                .map(ToString::to_string),
            source: source.to_owned(),
        });
    }

    /// What the service says of itself, where that was among the documents.
    #[must_use]
    pub fn service(&self) -> Option<&ServiceDescription> {
        self.service.as_ref()
    }

    /// What it says of its tasks.
    #[must_use]
    pub fn tasks(&self) -> &[Task] {
        &self.tasks
    }

    /// What is wrong with the documents, a sentence each.
    #[must_use]
    pub fn refusals(&self) -> &[String] {
        &self.refusals
    }
}

/// A name that a spec can hold: of some letters, none of them unseen.
fn fit_name(name: &str) -> Result<String, String> {
    if name.trim().is_empty() {
        return Err("is empty".to_owned());
    }
    if name.chars().count() > LONGEST_NAME {
        return Err(format!("is longer than {LONGEST_NAME} characters"));
    }
    if name.chars().any(clean::is_unseen) {
        return Err(format!("holds characters that are not seen: {name:?}"));
    }
    if name.trim() != name {
        return Err(format!("begins or ends with a blank: {name:?}"));
    }
    Ok(name.to_owned())
}

/// A name that is part of a URL, as those of tasks and results are.
fn fit_segment(name: &str) -> Result<String, String> {
    let name = fit_name(name)?;
    if matches!(name.as_str(), "." | "..") || name.contains(['/', '\\', '?', '#', '%']) {
        return Err(format!("cannot be part of a URL: {name:?}"));
    }
    Ok(name)
}

fn text(document: &Value, key: &str) -> String {
    document
        .get(key)
        .and_then(Value::as_str)
        .unwrap_or("")
        .to_owned()
}

fn task(document: &Value) -> Result<Task, Vec<String>> {
    let mut problems = Vec::new();
    let name = match document
        .get("name")
        .and_then(Value::as_str)
        .map(fit_segment)
    {
        Some(Ok(name)) => name,
        Some(Err(problem)) => return Err(vec![format!("the task's name {problem}")]),
        None => return Err(vec!["the task has no `name`".to_owned()]),
    };
    let documents = document
        .get("parameters")
        .and_then(Value::as_array)
        .map_or(&[][..], Vec::as_slice);
    if documents.len() > MOST {
        return Err(vec![format!("`{name}` has more than {MOST} parameters")]);
    }
    let mut parameters: Vec<Parameter> = Vec::new();
    for (i, document) in documents.iter().enumerate() {
        match parameter(document) {
            Ok(parameter) => {
                let twin = |p: &Parameter| {
                    p.direction == parameter.direction
                        && p.name.eq_ignore_ascii_case(&parameter.name)
                };
                if parameters.iter().any(twin) {
                    problems.push(format!("`{name}` has two parameters `{}`; the wire does not tell letter cases apart", parameter.name));
                }
                parameters.push(parameter);
            }
            Err(problem) => problems.push(format!("parameter {} of `{name}` {problem}", i + 1)),
        }
    }
    if !problems.is_empty() {
        return Err(problems);
    }
    let asynchronous = match document.get("executionType").and_then(Value::as_str) {
        Some("esriExecutionTypeSynchronous") => Some(false),
        Some("esriExecutionTypeAsynchronous") => Some(true),
        _ => None,
    };
    Ok(Task {
        title: text(document, "displayName"),
        text: text(document, "description"),
        category: clean::plain(&text(document, "category")),
        asynchronous,
        parameters,
        name,
    })
}

fn parameter(document: &Value) -> Result<Parameter, String> {
    let Some(name) = document.get("name").and_then(Value::as_str) else {
        return Err("has no `name`".to_owned());
    };
    let Some(ty) = document.get("dataType").and_then(Value::as_str) else {
        return Err(format!("(`{name}`) has no `dataType`"));
    };
    let direction = match document.get("direction").and_then(Value::as_str) {
        Some("esriGPParameterDirectionOutput") => Direction::Output,
        _ => Direction::Input,
    };
    // A result's name is part of its URL.
    let fit = match direction {
        Direction::Input => fit_name(name),
        Direction::Output => fit_segment(name),
    };
    let name = fit.map_err(|problem| format!("has a name that {problem}"))?;
    let need = match document.get("parameterType").and_then(Value::as_str) {
        Some("esriGPParameterTypeRequired") => Need::Required,
        Some("esriGPParameterTypeDerived") => Need::Derived,
        _ => Need::Optional,
    };
    let ty = GpType::parse(ty);
    let (default, geometry) = default(&ty, document.get("defaultValue"));
    Ok(Parameter {
        choices: choices(document).map_err(|problem| format!("(`{name}`) {problem}"))?,
        range: range(document),
        title: text(document, "displayName"),
        text: text(document, "description"),
        name,
        ty,
        direction,
        need,
        default,
        geometry,
    })
}

/// The words of `choiceList`, or of a filter of coded values.
fn choices(document: &Value) -> Result<Vec<String>, String> {
    let filter = document
        .get("filter")
        .filter(|f| f.get("type").and_then(Value::as_str) == Some("codedValue"));
    let list = document
        .get("choiceList")
        .filter(|list| list.is_array())
        .or_else(|| filter?.get("list"));
    let Some(list) = list.and_then(Value::as_array) else {
        return Ok(Vec::new());
    };
    if list.len() > MOST {
        return Err(format!("lists more than {MOST} choices"));
    }
    let mut words: Vec<String> = Vec::new();
    for item in list {
        let word = match item {
            Value::String(word) => word.clone(),
            Value::Number(number) => number.to_string(),
            other => return Err(format!("lists a choice that is no word: {other}")),
        };
        if word.chars().any(clean::is_unseen) {
            return Err(format!(
                "lists a choice with characters that are not seen: {word:?}"
            ));
        }
        // A blank stands for "not chosen" in forms; to leave a parameter out says the same.
        if !word.trim().is_empty() && !words.iter().any(|w| w.eq_ignore_ascii_case(&word)) {
            words.push(word);
        }
    }
    Ok(words)
}

fn range(document: &Value) -> (Option<f64>, Option<f64>) {
    let filter = document
        .get("filter")
        .filter(|f| f.get("type").and_then(Value::as_str) == Some("range"));
    let bound = |key: &str| filter.and_then(|f| f.get(key)).and_then(Value::as_f64);
    (bound("minimum"), bound("maximum"))
}

/// The default, and the geometry where the default is the schema of features.
fn default(ty: &GpType, value: Option<&Value>) -> (Option<Value>, Option<&'static str>) {
    let value = match value {
        None | Some(Value::Null) => return (None, None),
        Some(Value::String(text)) if text.is_empty() => return (None, None),
        Some(value) => value,
    };
    let geometry = match value.get("geometryType").and_then(Value::as_str) {
        Some("esriGeometryPoint" | "esriGeometryMultipoint") => Some("point"),
        Some("esriGeometryPolyline") => Some("line"),
        Some("esriGeometryPolygon") => Some("polygon"),
        _ => None,
    };
    let fits = match ty {
        GpType::Text => value.is_string() || value.is_object() || value.is_array(),
        GpType::Boolean => value.is_boolean(),
        GpType::Long => value.as_f64().is_some_and(|n| n.fract() == 0.0),
        GpType::Double | GpType::Date => value.is_number(),
        GpType::LinearUnit => {
            value.get("distance").is_some_and(Value::is_number)
                && value.get("units").is_some_and(Value::is_string)
        }
        GpType::Multi(inner) => {
            let item = |item: &Value| match **inner {
                GpType::Text => item.is_string(),
                GpType::Long => item.is_i64(),
                GpType::Double => item.is_number(),
                _ => false,
            };
            value
                .as_array()
                .is_some_and(|items| !items.is_empty() && items.iter().all(item))
        }
        _ => false,
    };
    (fits.then(|| value.clone()), geometry)
}
