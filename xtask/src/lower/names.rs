//! From names on the wire to names in Rust.

use crate::spec;
use heck::{ToKebabCase, ToShoutySnakeCase, ToSnakeCase, ToUpperCamelCase};

/// `inputLayer` as `input_layer`.
#[must_use]
pub fn snake(name: &str) -> String {
    name.to_snake_case()
}

/// `CreateBuffers` as `create-buffers`.
#[must_use]
pub fn kebab(name: &str) -> String {
    name.to_kebab_case()
}

/// `ringType` as `RingType`.
#[must_use]
pub fn pascal(name: &str) -> String {
    name.to_upper_camel_case()
}

/// `RingType` as `RING_TYPE`.
#[must_use]
pub fn shouting(name: &str) -> String {
    name.to_shouty_snake_case()
}

/// The name of a task's struct.
#[must_use]
pub fn task(task: &spec::Task) -> String {
    task.rust.clone().unwrap_or_else(|| task.name.clone())
}

/// The Rust name of a result.
#[must_use]
pub fn result(result: &spec::TaskResult) -> String {
    result.rust.clone().unwrap_or_else(|| snake(&result.name))
}

/// The Rust name of a parameter or member.
#[must_use]
pub fn param(param: &spec::Parameter) -> String {
    param.rust.clone().unwrap_or_else(|| snake(&param.name))
}

/// The command-line flags of parameters: their wire names in kebab case. Where an earlier one has that flag, a parameter with a
/// Rust name of its own gets one of that.
#[must_use]
pub fn flags(params: &[spec::Parameter]) -> Vec<String> {
    let mut flags: Vec<String> = Vec::new();
    for param in params {
        let mut flag = kebab(&param.name);
        if let Some(rust) = &param.rust
            && flags.contains(&flag)
        {
            flag = kebab(rust);
        }
        flags.push(flag);
    }
    flags
}

/// The name of the enum that a parameter's own choices make.
#[must_use]
pub fn choice_type(param: &spec::Parameter) -> String {
    param
        .choice_type
        .clone()
        .unwrap_or_else(|| pascal(&param.name))
}

/// The variant of a choice.
#[must_use]
pub fn choice(choice: &spec::Choice) -> String {
    choice.rust.clone().unwrap_or_else(|| pascal(&choice.value))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn odd_spellings_of_the_wire_make_good_names() {
        for (wire, rust) in [
            ("inputLayer", "input_layer"),
            ("startLayerRouteIDField", "start_layer_route_id_field"),
            ("outSR", "out_sr"),
            ("contentID", "content_id"),
            ("h3Resolution", "h3_resolution"),
        ] {
            assert_eq!(snake(wire), rust);
        }
        for (wire, rust) in [
            ("Driving Time", "DrivingTime"),
            ("esriMeters", "EsriMeters"),
            ("SUM", "Sum"),
        ] {
            assert_eq!(pascal(wire), rust);
        }
    }
}
