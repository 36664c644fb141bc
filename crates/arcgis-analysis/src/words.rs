//! Rules, conditions and types in words, for those who read a task's description.

use crate::types::GeometryKind;
use crate::types::meta::{Condition, GroupMeta, ParamMeta, ParamType, ResultType, Rule, RuleMeta};

/// What a rule demands, as a sentence with the wire's names and a full stop.
///
/// # Examples
///
/// ```
/// let meta = arcgis_analysis::find_task("CreateBuffers", None)?.meta;
/// let rules: Vec<_> = meta.rules.iter().map(arcgis_analysis::words::rule).collect();
/// assert!(rules.iter().any(|rule| rule.starts_with("`ringType` may be given only when `distances`")));
/// # Ok::<(), arcgis_analysis::FindTaskError>(())
/// ```
#[must_use]
pub fn rule(rule: &RuleMeta) -> String {
    let when = rule.when.map(condition);
    let demand = match rule.rule {
        Rule::Requires(names) => format!("{} required", subject(names, "and")),
        Rule::Forbids(names) => format!("{} not allowed", subject(names, "and")),
        Rule::AtLeastOneOf(names) => format!("at least one of {} is required", list(names, "and")),
        Rule::AtMostOneOf(names) => format!("at most one of {} may be given", list(names, "and")),
        Rule::OnlyWhen(names) => format!("{} may be given only", list(names, "and")),
        Rule::Geometry(name, kinds) => format!("`{name}` takes {}", geometries(kinds)),
        Rule::MinItems(name, count) => format!("`{name}` needs at least {}", items(count)),
        Rule::LessThan(name, other) => format!("`{name}` must be less than `{other}`"),
        _ => "a rule that this version cannot put into words".to_owned(),
    };
    let when = when.map(|when| format!(" when {when}")).unwrap_or_default();
    let help = if rule.help.is_empty() {
        String::new()
    } else {
        format!("; {}", rule.help)
    };
    capital(&format!("{demand}{when}{help}."))
}

/// What a group of parameters that exclude each other demands, as a sentence with a full stop.
///
/// # Examples
///
/// ```
/// let meta = arcgis_analysis::find_task("CreateBuffers", None)?.meta;
/// let group = arcgis_analysis::words::group(&meta.groups[0]);
/// assert_eq!(group, "Give either `distances` or `field`.");
/// # Ok::<(), arcgis_analysis::FindTaskError>(())
/// ```
#[must_use]
pub fn group(group: &GroupMeta) -> String {
    let variants: Vec<_> = group
        .variants
        .iter()
        .map(|variant| list(variant.params, "and"))
        .collect();
    let choice = variants.join(" or ");
    match (group.required, variants.len()) {
        (true, 2) => format!("Give either {choice}."),
        (true, _) => format!("Give exactly one of these: {choice}."),
        (false, _) => format!("Give at most one of these: {choice}."),
    }
}

/// A condition as a clause with the wire's names.
///
/// # Examples
///
/// ```
/// use arcgis_analysis::types::meta::Condition;
/// use arcgis_analysis::words;
///
/// assert_eq!(words::condition(Condition::Equals("binType", "\"Hexagon\"")), "`binType` is `Hexagon`");
/// ```
#[must_use]
pub fn condition(condition: Condition) -> String {
    match condition {
        Condition::Present(name) => format!("`{name}` is given"),
        Condition::Absent(name) => format!("`{name}` is not given"),
        Condition::Equals(name, text) => format!("`{name}` is `{}`", text.trim_matches('"')),
        Condition::Geometry(name, kinds) => format!("`{name}` has {}", geometries(kinds)),
        Condition::ItemsAtLeast(name, count) => format!("`{name}` has at least {}", items(count)),
        Condition::ItemsAtMost(name, 1) => format!("`{name}` has a single item"),
        Condition::ItemsAtMost(name, count) => format!("`{name}` has at most {}", items(count)),
        Condition::All(parts) => conditions(parts, " and "),
        Condition::Any(parts) => conditions(parts, " or "),
        _ => "a condition holds that this version cannot put into words".to_owned(),
    }
}

/// The type of a parameter in a few words.
///
/// # Examples
///
/// ```
/// use arcgis_analysis::types::meta::ParamType;
/// use arcgis_analysis::words;
///
/// assert_eq!(words::param_type(&ParamType::NumberList), "list of numbers");
/// ```
#[must_use]
pub fn param_type(ty: &ParamType) -> &'static str {
    match ty {
        ParamType::Text => "text",
        ParamType::TextList => "list of texts",
        ParamType::FieldName => "field name",
        ParamType::FieldNameList => "list of field names",
        ParamType::SummaryFields => "list of \"<field> <statistic>\"",
        ParamType::Number => "number",
        ParamType::NumberList => "list of numbers",
        ParamType::Integer => "whole number",
        ParamType::Boolean => "true or false",
        ParamType::DateTime => "date and time",
        ParamType::Choice(_) => "choice",
        ParamType::ChoiceList(_) => "list of choices",
        ParamType::FeatureInput => "features",
        ParamType::FeatureInputList => "list of features",
        ParamType::LinearUnit => "distance with unit",
        ParamType::TravelMode => "travel mode",
        ParamType::LocationExpressions => "list of conditions, as JSON",
        ParamType::OutputName => "name of a hosted layer",
        ParamType::Context => "context, as JSON",
        ParamType::Object(_) => "object, as JSON",
        ParamType::ObjectList(_) => "list of objects, as JSON",
        ParamType::IntegerList => "list of whole numbers",
        ParamType::Distance => "distance with unit",
        ParamType::ArealUnit => "area with unit",
        ParamType::TimeUnit => "duration with unit",
        ParamType::FeatureSetInput => "features",
        ParamType::RasterInput => "raster",
        ParamType::RasterInputList => "list of rasters",
        ParamType::RasterOrFeatureInput => "raster or features",
        ParamType::ImageCollectionInput => "rasters of a collection",
        ParamType::RasterOutputName => "name of a hosted image service",
        ParamType::ItemOutputName => "title of an item",
        ParamType::DatasetName => "name of a dataset",
        ParamType::RasterContext | ParamType::GeoAnalyticsContext => "context, as JSON",
        ParamType::Extent => "envelope, as JSON",
        ParamType::SpatialReference => "spatial reference",
        ParamType::DataFile => "file",
        ParamType::Field => "field, as JSON",
        ParamType::ValueTable => "list of rows, as JSON",
        _ => "JSON",
    }
}

/// The type of a result in a few words.
///
/// # Examples
///
/// ```
/// use arcgis_analysis::types::meta::ResultType;
/// use arcgis_analysis::words;
///
/// assert_eq!(words::result_type(ResultType::FeatureLayer), "features");
/// ```
#[must_use]
pub fn result_type(ty: ResultType) -> &'static str {
    match ty {
        ResultType::FeatureLayer => "features",
        ResultType::Table => "table",
        ResultType::ProcessInfo => "messages",
        ResultType::RasterLayer => "raster",
        ResultType::Item => "item",
        ResultType::ItemList => "items",
        ResultType::File => "file",
        ResultType::FileList => "files",
        ResultType::Text => "text",
        ResultType::TextList => "texts",
        ResultType::Boolean => "true or false",
        ResultType::Number => "number",
        ResultType::Integer => "whole number",
        ResultType::DateTime => "date and time",
        ResultType::Object => "object",
        _ => "JSON",
    }
}

/// The bounds of a parameter's numbers in a few words; empty where there are none.
///
/// # Examples
///
/// ```
/// use arcgis_analysis::types::meta::RangeMeta;
/// use arcgis_analysis::words;
///
/// let range = RangeMeta { min: Some(0.0), exclusive_min: true, max: Some(100.0) };
/// assert_eq!(words::range(&range), "greater than 0, at most 100");
/// ```
#[must_use]
pub fn range(range: &crate::types::meta::RangeMeta) -> String {
    let bound = if range.exclusive_min {
        "greater than"
    } else {
        "at least"
    };
    let min = range.min.map(|min| format!("{bound} {min}"));
    let max = range.max.map(|max| format!("at most {max}"));
    min.into_iter().chain(max).collect::<Vec<_>>().join(", ")
}

/// A parameter's default as one would write it on a command line; `None` where it has none.
///
/// # Examples
///
/// ```
/// let meta = arcgis_analysis::find_task("CreateBuffers", None)?.meta;
/// let units = meta.param("units").map(arcgis_analysis::words::default);
/// assert_eq!(units, Some(Some("Meters".to_owned())));
/// # Ok::<(), arcgis_analysis::FindTaskError>(())
/// ```
#[must_use]
pub fn default(param: &ParamMeta) -> Option<String> {
    let text = param.default?;
    Some(match serde_json::from_str(text) {
        Ok(serde_json::Value::String(text)) => text,
        _ => text.to_owned(),
    })
}

/// The geometries that a feature parameter takes, for example `point or line features`.
///
/// # Examples
///
/// ```
/// use arcgis_analysis::GeometryKind;
///
/// let kinds = [GeometryKind::Point, GeometryKind::Line, GeometryKind::Table];
/// assert_eq!(arcgis_analysis::words::geometries(&kinds), "point or line features, or tables");
/// ```
#[must_use]
pub fn geometries(kinds: &[GeometryKind]) -> String {
    let features = kinds
        .iter()
        .filter(|kind| **kind != GeometryKind::Table)
        .map(ToString::to_string);
    let features = join(features.collect(), "or");
    match (features.is_empty(), kinds.contains(&GeometryKind::Table)) {
        (true, _) => "tables".to_owned(),
        (false, true) => format!("{features} features, or tables"),
        (false, false) => format!("{features} features"),
    }
}

/// The word of `known` that is nearest to `word`, if one is near enough to be a slip of the keyboard.
pub(crate) fn nearest<'a>(word: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let word = word.to_lowercase();
    let length = word.chars().count();
    let distance = |k: &str| {
        let (known, most) = (k.to_lowercase(), 1.max(k.len() / 4));
        // The letters that one has more than the other all differ; to compare a long word takes much time and memory.
        let may_be_near = length.abs_diff(known.chars().count()) <= most;
        let distance = may_be_near.then(|| strsim::damerau_levenshtein(&word, &known))?;
        (distance <= most).then_some(distance)
    };
    let near = known.filter_map(|k| Some((distance(k)?, k)));
    near.min_by_key(|(distance, _)| *distance).map(|(_, k)| k)
}

fn conditions(parts: &[Condition], joint: &str) -> String {
    let part = |part: &Condition| match part {
        // A chain within a chain would read as one.
        Condition::All(_) | Condition::Any(_) if parts.len() > 1 => {
            format!("({})", condition(*part))
        }
        _ => condition(*part),
    };
    parts.iter().map(part).collect::<Vec<_>>().join(joint)
}

fn items(count: usize) -> String {
    format!("{count} item{}", if count == 1 { "" } else { "s" })
}

fn subject(names: &[&str], joint: &str) -> String {
    format!(
        "{} {}",
        list(names, joint),
        if names.len() == 1 { "is" } else { "are" }
    )
}

fn list(names: &[&str], joint: &str) -> String {
    join(
        names.iter().map(|name| format!("`{name}`")).collect(),
        joint,
    )
}

fn join(mut words: Vec<String>, joint: &str) -> String {
    match words.pop() {
        Some(last) if words.is_empty() => last,
        Some(last) => format!("{} {joint} {last}", words.join(", ")),
        None => String::new(),
    }
}

fn capital(text: &str) -> String {
    let mut chars = text.chars();
    chars
        .next()
        .map(|first| first.to_uppercase().chain(chars).collect())
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(demand: Rule, when: Option<Condition>, help: &'static str) -> String {
        rule(&RuleMeta {
            rule: demand,
            when,
            help,
            message_code: None,
        })
    }

    #[test]
    fn puts_each_rule_into_a_sentence() {
        let present = Some(Condition::Present("a"));
        for (sentence, expected) in [
            (
                of(Rule::Requires(&["b"]), present, ""),
                "`b` is required when `a` is given.",
            ),
            (
                of(Rule::Requires(&["b", "c"]), None, ""),
                "`b` and `c` are required.",
            ),
            (
                of(Rule::Forbids(&["b"]), present, "drop it"),
                "`b` is not allowed when `a` is given; drop it.",
            ),
            (
                of(Rule::AtLeastOneOf(&["a", "b", "c"]), None, ""),
                "At least one of `a`, `b` and `c` is required.",
            ),
            (
                of(Rule::AtMostOneOf(&["a", "b"]), None, ""),
                "At most one of `a` and `b` may be given.",
            ),
            (
                of(
                    Rule::OnlyWhen(&["b"]),
                    Some(Condition::ItemsAtMost("a", 1)),
                    "",
                ),
                "`b` may be given only when `a` has a single item.",
            ),
            (
                of(
                    Rule::Geometry("a", &[GeometryKind::Point, GeometryKind::Line]),
                    None,
                    "",
                ),
                "`a` takes point or line features.",
            ),
            (
                of(Rule::MinItems("a", 2), None, ""),
                "`a` needs at least 2 items.",
            ),
            (
                of(Rule::LessThan("a", "b"), None, ""),
                "`a` must be less than `b`.",
            ),
        ] {
            assert_eq!(sentence, expected);
        }
    }

    #[test]
    fn puts_nested_conditions_into_a_clause() {
        let inner = Condition::Any(&[Condition::Absent("b"), Condition::ItemsAtLeast("c", 2)]);
        assert_eq!(
            condition(inner),
            "`b` is not given or `c` has at least 2 items"
        );
        let outer = Condition::All(&[
            Condition::Present("a"),
            Condition::Any(&[Condition::Absent("b"), Condition::Equals("c", "1")]),
        ]);
        assert_eq!(
            condition(outer),
            "`a` is given and (`b` is not given or `c` is `1`)"
        );
        let lines = Condition::Geometry("a", &[GeometryKind::Line]);
        assert_eq!(condition(lines), "`a` has line features");
    }

    #[test]
    fn suggests_only_what_is_near() {
        let words = || ["CreateBuffers", "AggregatePoints"].into_iter();
        assert_eq!(nearest("createbufers", words()), Some("CreateBuffers"));
        assert_eq!(nearest("bake", words()), None);
    }
}
