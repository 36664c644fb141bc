//! Colours by which clusters that are near each other differ.

use crate::proximity::Place;
use rstar::RTree;
use rstar::primitives::GeomWithData;

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
    let mut coloured: RTree<GeomWithData<Place, usize>> = RTree::new();
    let mut colours = vec![0; count];
    for (cluster, middle) in middles.iter().enumerate() {
        let nearest: Vec<_> = coloured
            .nearest_neighbor_iter(middle)
            .take(COLOURS - 1)
            .map(|near| near.data)
            .collect();
        let free = (1..=COLOURS as i64)
            .find(|colour| !nearest.iter().any(|near| colours[*near] == *colour));
        colours[cluster] = free.unwrap_or(1);
        coloured.insert(GeomWithData::new(*middle, cluster));
    }
    colours
}
