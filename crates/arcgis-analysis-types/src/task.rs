//! The task: typed parameters that can be checked, encoded and answered.

use crate::check;
use crate::error::{DecodeError, ParameterError};
use crate::meta::TaskMeta;
use crate::param::{Object, Reader, Visitor};
use crate::{Form, FromResult};
use serde_json::Value;

/// A task with its parameters.
///
/// Implemented by the generated types of the service crates.
pub trait Task: Object + Clone + PartialEq + Send + Sync + 'static {
    /// What the task returns.
    type Results: TaskResults;

    /// What is known about the task.
    const META: &'static TaskMeta;

    /// Checks each parameter, and the rules between them.
    ///
    /// # Errors
    /// Names the parameters and the rule that is broken.
    fn check(&self) -> Result<(), ParameterError> {
        check::task(Self::META, &Visitor::of(self))
    }

    /// Encodes the parameters as they are posted, after checking them.
    ///
    /// # Errors
    /// As [`Task::check`].
    fn encode(&self) -> Result<Form, ParameterError> {
        let visitor = Visitor::of(self);
        check::task(Self::META, &visitor)?;
        let mut form = Form::default();
        for (name, value) in visitor.params() {
            form.push(*name, value.to_json());
        }
        Ok(form)
    }

    /// The parameters as one flat JSON object, with the wire's names.
    fn to_json(&self) -> Value {
        Visitor::of(self).to_json()
    }

    /// Reads the parameters from one flat JSON object, with the wire's names.
    ///
    /// # Errors
    /// Names the parameter that is unknown, missing, of a wrong type, or excluded by another.
    fn from_json(value: Value) -> Result<Self, ParameterError> {
        let mut reader = Reader::object(Self::META.name, Self::MEMBERS, value)?;
        Self::read(&mut reader)
    }
}

/// What a task returns.
pub trait TaskResults: Clone + std::fmt::Debug + PartialEq + Send + Sized + 'static {
    /// Takes each result from what the job returned.
    ///
    /// # Errors
    /// Names the result that is missing or cannot be read.
    fn decode(outputs: &mut Outputs) -> Result<Self, DecodeError>;
}

/// The values that a job returned, by result name in any letter case.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Outputs {
    values: Vec<(String, Value)>,
}

impl Outputs {
    /// Adds a result's value.
    pub fn push(&mut self, name: impl Into<String>, value: Value) {
        self.values.push((name.into(), value));
    }

    /// The values that have not been taken, in order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Value)> {
        self.values
            .iter()
            .map(|(name, value)| (name.as_str(), value))
    }

    /// Takes a result that always comes.
    ///
    /// # Errors
    /// When it is missing, empty or cannot be read.
    pub fn required<T: FromResult>(&mut self, name: &'static str) -> Result<T, DecodeError> {
        self.optional(name)?.ok_or_else(|| DecodeError::Missing {
            name: name.to_owned(),
        })
    }

    /// Takes a result that may be absent.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn optional<T: FromResult>(
        &mut self,
        name: &'static str,
    ) -> Result<Option<T>, DecodeError> {
        match self
            .values
            .iter()
            .position(|(n, _)| n.eq_ignore_ascii_case(name))
        {
            Some(index) => T::from_result(name, self.values.remove(index).1),
            None => Ok(None),
        }
    }
}

/// A task with its types erased: a row of a service crate's registry.
#[derive(Debug, Clone, Copy)]
pub struct TaskEntry {
    /// What is known about the task.
    pub meta: &'static TaskMeta,
    encode: fn(Value) -> Result<Form, ParameterError>,
}

impl TaskEntry {
    /// The entry of a task.
    #[must_use]
    pub const fn of<T: Task>() -> Self {
        Self {
            meta: T::META,
            encode: |value| T::from_json(value)?.encode(),
        }
    }

    /// Reads the parameters from one flat JSON object through the typed task, checks and encodes them.
    ///
    /// # Errors
    /// As [`Task::from_json`] and [`Task::check`].
    pub fn encode(&self, params: Value) -> Result<Form, ParameterError> {
        (self.encode)(params)
    }
}
