//! The tasks that this build knows.

use crate::types::TaskEntry;
use crate::types::meta::ServiceMeta;
use crate::words::nearest;

/// The registries of the services, in the order in which a task's name is looked up.
static REGISTRIES: &[&[TaskEntry]] = &[
    #[cfg(feature = "spatial")]
    crate::spatial::TASKS,
    #[cfg(feature = "raster")]
    crate::raster::TASKS,
    #[cfg(feature = "geoanalytics")]
    crate::geoanalytics::TASKS,
    #[cfg(feature = "network")]
    crate::network::TASKS,
    #[cfg(feature = "elevation")]
    crate::elevation::TASKS,
];

/// Every task of the services that are compiled in, service by service.
///
/// # Examples
///
/// ```
/// let names: Vec<_> = arcgis_analysis::tasks().map(|task| task.meta.name).collect();
/// assert!(names.contains(&"CreateBuffers"));
/// ```
pub fn tasks() -> impl Iterator<Item = &'static TaskEntry> {
    REGISTRIES.iter().flat_map(|registry| registry.iter())
}

/// The services that are compiled in and have tasks.
///
/// # Examples
///
/// ```
/// assert!(arcgis_analysis::services().any(|service| service.id == "spatial-analysis"));
/// ```
pub fn services() -> impl Iterator<Item = &'static ServiceMeta> {
    let first = |registry: &'static [TaskEntry]| registry.first().map(|task| task.meta.service);
    REGISTRIES
        .iter()
        .filter_map(move |registry| first(registry))
}

/// Finds a task by its name, in any letter case and with or without hyphens: `CreateBuffers`, `create-buffers`.
///
/// Where two services share a name, `service` decides; without it, the first service that has the task does.
///
/// # Errors
/// When there is no such service, or no such task; the error names the nearest that there is.
///
/// # Examples
///
/// ```
/// let task = arcgis_analysis::find_task("create-buffers", None)?;
/// assert_eq!(task.meta.name, "CreateBuffers");
///
/// let error = arcgis_analysis::find_task("CreateBufers", None).unwrap_err();
/// assert_eq!(error.to_string(), "there is no task `CreateBufers`; did you mean `CreateBuffers`?");
/// # Ok::<(), arcgis_analysis::FindTaskError>(())
/// ```
pub fn find_task(name: &str, service: Option<&str>) -> Result<&'static TaskEntry, FindTaskError> {
    let service = service.map(find_service).transpose()?;
    let offered = || tasks().filter(|task| service.is_none_or(|s| task.meta.service.id == s.id));
    let wanted = folded(name);
    let found = offered().find(|task| folded(task.meta.name) == wanted);
    found.ok_or_else(|| FindTaskError::Task {
        name: name.to_owned(),
        service: service.map(|s| s.id),
        nearest: nearest(
            name,
            offered().map(|task| {
                if name.contains('-') {
                    task.meta.id
                } else {
                    task.meta.name
                }
            }),
        ),
    })
}

/// Finds a service by its name in any letter case, for example `spatial-analysis`.
///
/// # Errors
/// When there is no such service; the error lists those that there are.
///
/// # Examples
///
/// ```
/// let service = arcgis_analysis::find_service("spatial-analysis")?;
/// assert_eq!(service.helper_service, "analysis");
/// # Ok::<(), arcgis_analysis::FindTaskError>(())
/// ```
pub fn find_service(name: &str) -> Result<&'static ServiceMeta, FindTaskError> {
    let wanted = folded(name);
    let found = services().find(|service| folded(service.id) == wanted);
    found.ok_or_else(|| FindTaskError::Service {
        name: name.to_owned(),
        services: services().map(|service| service.id).collect(),
    })
}

/// Why a task was not found.
///
/// # Examples
///
/// ```
/// use arcgis_analysis::{FindTaskError, find_task};
///
/// let error = find_task("CreateBuffers", Some("raster")).unwrap_err();
/// assert!(matches!(error, FindTaskError::Service { .. }));
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum FindTaskError {
    /// No task has that name.
    Task {
        /// The name that was looked for.
        name: String,
        /// The service in which it was looked for; absent where it was looked for in all of them.
        service: Option<&'static str>,
        /// The task whose name is nearest, where one is near.
        nearest: Option<&'static str>,
    },
    /// No service has that name.
    Service {
        /// The name that was looked for.
        name: String,
        /// The services that there are.
        services: Vec<&'static str>,
    },
}

impl std::fmt::Display for FindTaskError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Task {
                name,
                service,
                nearest,
            } => {
                write!(f, "there is no task `{name}`")?;
                if let Some(service) = service {
                    write!(f, " in the service `{service}`")?;
                }
                match nearest {
                    Some(near) => write!(f, "; did you mean `{near}`?"),
                    None => f.write_str(", nor one of a similar name; see the list of tasks"),
                }
            }
            Self::Service { name, services } => {
                let services: Vec<_> = services.iter().map(|s| format!("`{s}`")).collect();
                write!(
                    f,
                    "there is no service `{name}`; there {} {}",
                    if services.len() == 1 { "is" } else { "are" },
                    services.join(", ")
                )
            }
        }
    }
}

impl std::error::Error for FindTaskError {}

/// A name without what people vary: letter case, hyphens and underscores.
fn folded(name: &str) -> String {
    name.chars()
        .filter(|c| !matches!(c, '-' | '_'))
        .flat_map(char::to_lowercase)
        .collect()
}

#[cfg(all(test, feature = "spatial"))]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn finds_a_task_in_any_spelling() {
        for name in [
            "CreateBuffers",
            "create-buffers",
            "createbuffers",
            "CREATE_BUFFERS",
        ] {
            assert_eq!(
                find_task(name, None).unwrap().meta.name,
                "CreateBuffers",
                "{name}"
            );
        }
        assert_eq!(
            find_task("create-buffers", Some("Spatial-Analysis"))
                .unwrap()
                .meta
                .id,
            "create-buffers"
        );
    }

    #[test]
    fn suggests_in_the_spelling_that_was_used() {
        for (name, near) in [
            ("CreatBuffers", "`CreateBuffers`"),
            ("agregate-points", "`aggregate-points`"),
        ] {
            let error = find_task(name, None).unwrap_err().to_string();
            assert!(
                error.ends_with(&format!("; did you mean {near}?")),
                "{error}"
            );
        }
    }

    #[test]
    fn says_what_it_cannot_find() {
        assert_eq!(
            find_task("Bake", Some("spatial-analysis"))
                .unwrap_err()
                .to_string(),
            "there is no task `Bake` in the service `spatial-analysis`, nor one of a similar name; \
             see the list of tasks"
        );
        let error = find_task("CreateBuffers", Some("spatial"))
            .unwrap_err()
            .to_string();
        assert!(
            error.starts_with("there is no service `spatial`; there is `spatial-analysis`")
                || error.starts_with("there is no service `spatial`; there are `spatial-analysis`"),
            "{error}"
        );
    }

    #[test]
    fn names_are_unique_within_a_service() {
        let mut seen = std::collections::HashSet::new();
        for task in tasks() {
            assert!(
                seen.insert((task.meta.service.id, folded(task.meta.name))),
                "{}",
                task.meta.name
            );
        }
    }
}
