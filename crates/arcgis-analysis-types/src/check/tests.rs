#![allow(clippy::unwrap_used)]

use super::*;
use crate::meta::{Condition, Confidence, Execution, ParamType, ServiceMeta};
use crate::{
    Feature, FeatureCollection, FeatureInput, Param, ParameterErrorKind, Point, Polygon, Polyline,
    SpatialReference,
};
use Condition::{Absent, All, Any, Equals, Geometry, ItemsAtLeast, ItemsAtMost, Present};

static SERVICE: ServiceMeta = ServiceMeta {
    id: "test",
    title: "Test",
    helper_service: "test",
    licence: "",
};

const fn param(name: &'static str) -> ParamMeta {
    ParamMeta {
        name,
        ty: ParamType::Text,
        ..ParamMeta::OPTIONAL
    }
}

const UNBOUNDED: RangeMeta = RangeMeta {
    min: None,
    exclusive_min: false,
    max: None,
};

static PARAMS: &[ParamMeta] = &[
    param("a"),
    param("b"),
    param("c"),
    param("list"),
    param("layer"),
    param("layers"),
    param("number"),
    ParamMeta {
        default: Some("\"Meters\""),
        ..param("units")
    },
    ParamMeta {
        default: Some("10"),
        ..param("ten")
    },
    ParamMeta {
        default: Some(r#""""#),
        ..param("none")
    },
    ParamMeta {
        default: Some("true"),
        ..param("flag")
    },
    ParamMeta {
        geometry: &[GeometryKind::Point, GeometryKind::Line],
        ..param("places")
    },
    ParamMeta {
        range: Some(RangeMeta {
            min: Some(0.0),
            max: Some(100.0),
            ..UNBOUNDED
        }),
        ..param("percent")
    },
    ParamMeta {
        range: Some(RangeMeta {
            min: Some(0.0),
            exclusive_min: true,
            ..UNBOUNDED
        }),
        ..param("positive")
    },
];

fn meta(rules: Vec<RuleMeta>) -> &'static TaskMeta {
    Box::leak(Box::new(TaskMeta {
        name: "Test",
        id: "test",
        service: &SERVICE,
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
        params: PARAMS,
        groups: &[],
        rules: Box::leak(rules.into_boxed_slice()),
        results: &[],
        confidence: Confidence::High,
        unconfirmed: &[],
        examples: &[],
    }))
}

/// A call of the task: what is wrong with it, as a sentence, or nothing.
#[derive(Default)]
struct Call(Vec<(&'static str, Box<dyn Param>)>);

impl Call {
    fn with(mut self, name: &'static str, value: impl Param + 'static) -> Self {
        self.0.push((name, Box::new(value)));
        self
    }

    fn error(&self, rules: Vec<RuleMeta>) -> Option<ParameterError> {
        let mut visitor = Visitor::default();
        for (name, value) in &self.0 {
            visitor.add(name, value.as_ref());
        }
        task(meta(rules), &visitor).err()
    }

    fn said(&self, rules: Vec<RuleMeta>) -> String {
        self.error(rules)
            .map(|error| error.to_string())
            .unwrap_or_default()
    }

    fn holds(&self, condition: Condition) -> Option<bool> {
        let mut visitor = Visitor::default();
        for (name, value) in &self.0 {
            visitor.add(name, value.as_ref());
        }
        Known {
            meta: meta(vec![]),
            params: &visitor,
        }
        .holds(condition)
    }
}

fn call(names: &[&'static str]) -> Call {
    names.iter().fold(Call::default(), |call, name| {
        call.with(name, "x".to_owned())
    })
}

fn rule(rule: Rule) -> Vec<RuleMeta> {
    vec![RuleMeta {
        rule,
        when: None,
        help: "",
        message_code: None,
    }]
}

fn rule_when(rule: Rule, when: Condition) -> Vec<RuleMeta> {
    vec![RuleMeta {
        rule,
        when: Some(when),
        help: "",
        message_code: None,
    }]
}

fn features(geometry: impl Into<crate::Geometry>) -> FeatureInput {
    FeatureCollection::new(
        SpatialReference::WGS84,
        vec![Feature::new(geometry, Default::default())],
    )
    .into()
}

fn points() -> FeatureInput {
    features(Point::new(1.0, 2.0))
}

fn lines() -> FeatureInput {
    features(Polyline::from_paths([[(0.0, 0.0), (1.0, 1.0)]]))
}

fn polygons() -> FeatureInput {
    features(Polygon::from_rings([[
        (0.0, 0.0),
        (0.0, 1.0),
        (1.0, 1.0),
        (0.0, 0.0),
    ]]))
}

fn table() -> FeatureInput {
    FeatureCollection::table(vec![Default::default()]).into()
}

fn layer() -> FeatureInput {
    "https://example.com/arcgis/rest/services/x/FeatureServer/0".into()
}

#[test]
fn a_text_may_be_empty_only_where_that_is_the_default() {
    let said = |name, text: &str| Call::default().with(name, text.to_owned()).said(vec![]);
    assert_eq!(said("none", ""), "");
    let refused = "is empty; give a text or leave it out";
    assert_eq!(said("none", " "), format!("Test: `none` {refused}"));
    assert_eq!(said("a", ""), format!("Test: `a` {refused}"));
}

#[test]
fn each_value_is_checked_by_itself() {
    let said = |name, value: f64| Call::default().with(name, value).said(vec![]);
    assert_eq!(said("percent", 100.0), "");
    assert_eq!(said("percent", 0.0), "");
    assert_eq!(
        said("percent", -0.5),
        "Test: `percent` must be at least 0, not -0.5"
    );
    assert_eq!(
        said("percent", 100.5),
        "Test: `percent` must be at most 100, not 100.5"
    );
    assert_eq!(said("positive", 1e-9), "");
    assert_eq!(
        said("positive", 0.0),
        "Test: `positive` must be greater than 0, not 0"
    );
    assert_eq!(
        said("percent", f64::NAN),
        "Test: `percent` must be a finite number, not NaN"
    );
    let list = Call::default().with("percent", vec![5.0, 101.0]);
    assert_eq!(
        list.said(vec![]),
        "Test: `percent` must be at most 100, not 101"
    );
    assert_eq!(
        list.error(vec![]).unwrap().kind(),
        ParameterErrorKind::OutOfRange
    );
}

#[test]
fn each_geometry_is_checked_by_itself() {
    let said = |value: FeatureInput| Call::default().with("places", value).said(vec![]);
    assert_eq!(said(points()), "");
    assert_eq!(said(layer()), "");
    assert_eq!(
        said(polygons()),
        "Test: `places` takes point or line features, not polygon features"
    );
    assert_eq!(
        said(table()),
        "Test: `places` takes point or line features, not rows without geometry"
    );
    let list = Call::default().with("places", vec![layer(), points(), polygons()]);
    assert_eq!(
        list.said(vec![]),
        "Test: `places` item 3 takes point or line features, not polygon features"
    );
    assert_eq!(
        list.error(vec![]).unwrap().kind(),
        ParameterErrorKind::Geometry
    );
    let empty = FeatureCollection::new(SpatialReference::WGS84, vec![]);
    let empty = Call::default().with("places", vec![FeatureInput::from(empty)]);
    assert_eq!(
        empty.said(vec![]),
        "Test: `places` item 1 has no features; give at least one"
    );
    assert_eq!(
        empty.error(vec![]).unwrap().kind(),
        ParameterErrorKind::Features
    );
}

#[test]
fn requires() {
    let rule = |when| rule_when(Rule::Requires(&["a", "b"]), when);
    assert_eq!(call(&["a", "b", "c"]).said(rule(Present("c"))), "");
    assert_eq!(
        call(&["a", "c"]).said(rule(Present("c"))),
        "Test: `b` is required when `c` is given"
    );
    assert_eq!(call(&["a"]).said(rule(Present("c"))), "");
    assert_eq!(
        call(&[]).said(super::tests::rule(Rule::Requires(&["a"]))),
        "Test: `a` is required"
    );
    let error = call(&["c"]).error(rule(Present("c"))).unwrap();
    assert_eq!(
        (error.kind(), error.params()),
        (ParameterErrorKind::Rule, ["a".to_owned()].as_slice())
    );
}

#[test]
fn forbids() {
    let rule = |when| rule_when(Rule::Forbids(&["a", "b"]), when);
    assert_eq!(
        call(&["b", "c"]).said(rule(Present("c"))),
        "Test: `b` may not be given when `c` is given"
    );
    assert_eq!(call(&["b"]).said(rule(Present("c"))), "");
    assert_eq!(call(&["c"]).said(rule(Present("c"))), "");
}

#[test]
fn at_least_one_of() {
    let two = || rule(Rule::AtLeastOneOf(&["a", "b"]));
    assert_eq!(call(&["b"]).said(two()), "");
    assert_eq!(
        call(&["c"]).said(two()),
        "Test: `a` and `b` are both missing; give at least one of them"
    );
    let three = rule_when(Rule::AtLeastOneOf(&["a", "b", "c"]), Absent("list"));
    assert_eq!(
        call(&[]).said(three),
        "Test: `a`, `b` and `c` are all missing; give at least one of them when `list` is not given"
    );
}

#[test]
fn at_most_one_of() {
    let three = || rule(Rule::AtMostOneOf(&["a", "b", "c"]));
    assert_eq!(call(&[]).said(three()), "");
    assert_eq!(call(&["b"]).said(three()), "");
    assert_eq!(
        call(&["c", "a"]).said(three()),
        "Test: `a` and `c` exclude each other; give only one of them"
    );
}

#[test]
fn only_when() {
    let rule = || rule_when(Rule::OnlyWhen(&["a", "b"]), ItemsAtLeast("list", 2));
    let list = |items: usize| call(&["b"]).with("list", vec![1.0; items]);
    assert_eq!(list(2).said(rule()), "");
    assert_eq!(
        list(1).said(rule()),
        "Test: `b` may be given only when `list` has at least 2 items"
    );
    assert_eq!(Call::default().with("list", vec![1.0]).said(rule()), "");
    // How many features a layer has is for the service to know.
    let unknown = rule_when(Rule::OnlyWhen(&["a"]), ItemsAtLeast("layer", 2));
    assert_eq!(call(&["a"]).with("layer", layer()).said(unknown), "");
}

#[test]
fn a_default_that_is_spelled_out_asks_for_nothing() {
    let rules = || {
        [
            rule_when(Rule::OnlyWhen(&["units"]), Present("a")),
            rule_when(Rule::Forbids(&["flag"]), Absent("a")),
        ]
    };
    let said = |units: &str, flag: bool| {
        let [only, forbids] = rules();
        let call = || {
            Call::default()
                .with("units", units.to_owned())
                .with("flag", flag)
        };
        [call().said(only), call().said(forbids)]
    };
    assert_eq!(said("meters", true), ["", ""]);
    assert_eq!(
        said("Feet", false),
        [
            "Test: `units` may be given only when `a` is given",
            "Test: `flag` may not be given when `a` is not given"
        ]
    );
}

#[test]
fn geometry_of_features() {
    let rule = || {
        rule_when(
            Rule::Geometry("layer", &[GeometryKind::Polygon, GeometryKind::Table]),
            Present("a"),
        )
    };
    let said = |value: FeatureInput| call(&["a"]).with("layer", value).said(rule());
    assert_eq!(said(polygons()), "");
    assert_eq!(said(table()), "");
    assert_eq!(said(layer()), "");
    assert_eq!(
        said(lines()),
        "Test: `layer` takes polygon features or rows without geometry, not line features when `a` is given"
    );
    assert_eq!(call(&["a"]).said(rule()), "");
    assert_eq!(Call::default().with("layer", lines()).said(rule()), "");
}

#[test]
fn min_items() {
    let rule = |least| rule(Rule::MinItems("list", least));
    let list = |items: usize| Call::default().with("list", vec![1.0; items]);
    assert_eq!(list(3).said(rule(3)), "");
    assert_eq!(
        list(2).said(rule(3)),
        "Test: `list` needs at least 3 items, not 2"
    );
    assert_eq!(call(&[]).said(rule(3)), "");
    let layers = Call::default().with("list", vec![layer()]);
    assert_eq!(
        layers.said(rule(2)),
        "Test: `list` needs at least 2 items, not 1"
    );
    assert_eq!(Call::default().with("list", layer()).said(rule(2)), "");
}

#[test]
fn less_than() {
    let rule = || rule(Rule::LessThan("number", "ten"));
    let numbers = |number: f64, ten: f64| {
        Call::default()
            .with("number", number)
            .with("ten", ten)
            .said(rule())
    };
    assert_eq!(numbers(3.0, 4.0), "");
    assert_eq!(
        numbers(4.0, 4.0),
        "Test: `number` must be less than `ten`, which is 4, not 4"
    );
    let alone = |number: f64| Call::default().with("number", number).said(rule());
    assert_eq!(alone(9.5), "");
    assert_eq!(
        alone(10.5),
        "Test: `number` must be less than `ten`, which is 10 by default, not 10.5"
    );
    // What is absent and has no default is not compared.
    assert_eq!(Call::default().with("ten", 3.0).said(rule()), "");
    assert_eq!(Call::default().said(rule()), "");
}

#[test]
fn help_completes_the_sentence() {
    let mut rules = rule(Rule::Requires(&["a"]));
    rules[0].help = "give the field of the values";
    assert_eq!(
        call(&[]).said(rules),
        "Test: `a` is required; give the field of the values"
    );
}

#[test]
fn the_first_broken_rule_is_named() {
    let mut rules = rule(Rule::Requires(&["a"]));
    rules.extend(rule(Rule::Requires(&["b"])));
    assert_eq!(call(&["a"]).said(rules), "Test: `b` is required");
}

#[test]
fn conditions_about_presence() {
    assert_eq!(call(&["a"]).holds(Present("a")), Some(true));
    assert_eq!(call(&["a"]).holds(Present("b")), Some(false));
    assert_eq!(call(&["a"]).holds(Absent("a")), Some(false));
    assert_eq!(call(&["a"]).holds(Absent("b")), Some(true));
}

#[test]
fn conditions_about_values() {
    let given = call(&["a"])
        .with("number", 5_i64)
        .with("flag", false)
        .with("list", vec![5.0]);
    assert_eq!(given.holds(Equals("a", "\"X\"")), Some(true));
    assert_eq!(given.holds(Equals("a", "\"y\"")), Some(false));
    assert_eq!(given.holds(Equals("a", "5")), Some(false));
    assert_eq!(given.holds(Equals("number", "5.0")), Some(true));
    assert_eq!(given.holds(Equals("flag", "false")), Some(true));
    assert_eq!(given.holds(Equals("flag", "true")), Some(false));
    // A list is no single value.
    assert_eq!(given.holds(Equals("list", "5")), None);
    // An absent parameter has its default, or else equals nothing.
    assert_eq!(given.holds(Equals("units", "\"meters\"")), Some(true));
    assert_eq!(given.holds(Equals("units", "\"Feet\"")), Some(false));
    assert_eq!(given.holds(Equals("ten", "10.0")), Some(true));
    assert_eq!(call(&[]).holds(Equals("flag", "true")), Some(true));
    assert_eq!(given.holds(Equals("b", "\"x\"")), Some(false));
}

#[test]
fn conditions_about_geometry() {
    let line = Geometry("layer", &[GeometryKind::Line]);
    assert_eq!(
        Call::default().with("layer", lines()).holds(line),
        Some(true)
    );
    assert_eq!(
        Call::default().with("layer", points()).holds(line),
        Some(false)
    );
    assert_eq!(Call::default().with("layer", layer()).holds(line), None);
    assert_eq!(call(&[]).holds(line), None);
    assert_eq!(call(&["layer"]).holds(line), None);
    let several = |layers: Vec<FeatureInput>| Call::default().with("layer", layers).holds(line);
    assert_eq!(several(vec![lines(), lines()]), Some(true));
    assert_eq!(several(vec![lines(), layer()]), None);
    assert_eq!(several(vec![layer(), points()]), Some(false));
}

#[test]
fn conditions_about_items() {
    let given = Call::default()
        .with("list", vec![1.0, 2.0])
        .with("layer", points())
        .with("layers", layer());
    assert_eq!(given.holds(ItemsAtLeast("list", 2)), Some(true));
    assert_eq!(given.holds(ItemsAtLeast("list", 3)), Some(false));
    assert_eq!(given.holds(ItemsAtMost("list", 2)), Some(true));
    assert_eq!(given.holds(ItemsAtMost("list", 1)), Some(false));
    assert_eq!(given.holds(ItemsAtMost("layer", 1)), Some(true));
    assert_eq!(given.holds(ItemsAtLeast("layers", 1)), None);
    // Nothing given is no items.
    assert_eq!(given.holds(ItemsAtLeast("a", 1)), Some(false));
    assert_eq!(given.holds(ItemsAtMost("a", 0)), Some(true));
}

#[test]
fn conditions_combine_in_three_valued_logic() {
    const TRUE: Condition = Present("a");
    const FALSE: Condition = Absent("a");
    const UNKNOWN: Condition = Geometry("layer", &[GeometryKind::Line]);
    let given = call(&["a"]).with("layer", layer());
    // Kleene's tables for and, or.
    for (a, b, and, or) in [
        (TRUE, TRUE, Some(true), Some(true)),
        (TRUE, FALSE, Some(false), Some(true)),
        (TRUE, UNKNOWN, None, Some(true)),
        (FALSE, FALSE, Some(false), Some(false)),
        (FALSE, UNKNOWN, Some(false), None),
        (UNKNOWN, UNKNOWN, None, None),
    ] {
        for pair in [[a, b], [b, a]] {
            let pair: &'static [Condition] = Box::leak(Box::new(pair));
            assert_eq!(given.holds(All(pair)), and, "{pair:?}");
            assert_eq!(given.holds(Any(pair)), or, "{pair:?}");
        }
    }
    assert_eq!(given.holds(All(&[])), Some(true));
    assert_eq!(given.holds(Any(&[])), Some(false));
}

#[test]
fn conditions_read_as_words() {
    for (condition, expected) in [
        (Present("a"), "`a` is given"),
        (Absent("a"), "`a` is not given"),
        (Equals("a", "\"Miles\""), "`a` is \"Miles\""),
        (
            Geometry("a", &[GeometryKind::Line]),
            "`a` has line features",
        ),
        (
            Geometry(
                "a",
                &[
                    GeometryKind::Point,
                    GeometryKind::Line,
                    GeometryKind::Polygon,
                ],
            ),
            "`a` has point, line or polygon features",
        ),
        (
            Geometry("a", &[GeometryKind::Table]),
            "`a` has rows without geometry",
        ),
        (ItemsAtLeast("a", 1), "`a` has at least 1 item"),
        (ItemsAtMost("a", 2), "`a` has at most 2 items"),
        (ItemsAtMost("a", 0), "`a` has no items"),
        (
            All(&[Present("a"), Present("b")]),
            "`a` is given and `b` is given",
        ),
        (
            Any(&[Present("a"), All(&[Present("b"), Absent("c")])]),
            "`a` is given or (`b` is given and `c` is not given)",
        ),
        (
            Any(&[All(&[Present("a"), Present("b")])]),
            "`a` is given and `b` is given",
        ),
    ] {
        assert_eq!(words(condition), expected);
    }
}
