//! When clusters were: from the first to the last of their points' times, and the mean.

use arcgis_analysis_types::{AttributeValue, FieldType};

/// The span of a cluster, as it grows.
#[derive(Debug, Clone, Copy)]
struct Span {
    first: f64,
    last: f64,
    mean: f64,
    count: f64,
}

const NO_TIME: Span = Span {
    first: f64::INFINITY,
    last: f64::NEG_INFINITY,
    mean: 0.0,
    count: 0.0,
};

/// The fields of the spans of `count` clusters, for each point that of its own; null for noise.
pub(super) fn fields(
    times: &[f64],
    clusters: &[Option<usize>],
    count: usize,
) -> Vec<(&'static str, FieldType, Vec<AttributeValue>)> {
    let mut spans = vec![NO_TIME; count];
    for (time, cluster) in times.iter().zip(clusters) {
        if let Some(cluster) = cluster {
            let span = &mut spans[*cluster];
            span.first = span.first.min(*time);
            span.last = span.last.max(*time);
            span.count += 1.0;
            span.mean += (time - span.mean) / span.count;
        }
    }
    let column = |of: fn(&Span) -> f64| {
        let value = |cluster: &Option<usize>| match cluster {
            Some(cluster) => (of(&spans[*cluster]).round() as i64).into(),
            None => AttributeValue::NULL,
        };
        clusters.iter().map(value).collect()
    };
    vec![
        ("MEAN_TIME", FieldType::Date, column(|span| span.mean)),
        ("START_TIME", FieldType::Date, column(|span| span.first)),
        ("END_TIME", FieldType::Date, column(|span| span.last)),
    ]
}
