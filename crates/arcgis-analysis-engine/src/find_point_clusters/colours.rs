//! Colours by which clusters that are near each other differ.

use crate::proximity::Place;
use crate::tree::Tree;
use rayon::prelude::*;

/// How many colours there are.
const COLOURS: usize = 8;

/// The colour of each of `count` clusters, from 1: the first that none of the seven nearest has, by the clusters' mean
/// places, among those coloured before.
pub(super) fn colours(places: &[Place], clusters: &[Option<usize>], count: usize) -> Vec<i64> {
    let mut middles = vec![([0.0; 3], 0.0); count];
    for (place, cluster) in places.iter().zip(clusters) {
        if let Some(cluster) = cluster {
            let (sum, members) = &mut middles[*cluster];
            (0..3).for_each(|i| sum[i] += place[i]);
            *members += 1.0;
        }
    }
    let middles: Vec<Place> = middles
        .into_iter()
        .map(|(sum, members): (Place, f64)| sum.map(|c| c / members))
        .collect();
    let tree = Tree::new(&middles);
    let nearest = (0..count)
        .into_par_iter()
        .map(|cluster| tree.nearest(cluster, COLOURS - 1, |other| other < cluster));
    let nearest: Vec<Vec<usize>> = nearest.collect();
    let mut colours = vec![0; count];
    for (cluster, nearest) in nearest.into_iter().enumerate() {
        let taken = |colour: i64| nearest.iter().any(|near| colours[*near] == colour);
        let free = (1..=COLOURS as i64).find(|colour| !taken(*colour));
        colours[cluster] = free.unwrap_or(1);
    }
    colours
}
