//! The hierarchy of clusters of HDBSCAN and what is read from it.
//!
//! A cluster lives from the density (1 over a distance, lambda) at which it parts from its parent to that at which it
//! parts itself; points that fall out on the way do so at densities of their own.

use super::Sets;
use crate::tree::Edge;

/// A cluster of the hierarchy; parents come before their children, the root first.
struct Cluster {
    parent: Option<usize>,
    birth: f64,
    /// The sum of the densities that its points and children reach within it above its birth.
    mass: f64,
    /// The greatest density within it.
    peak: f64,
    children: Vec<usize>,
}

/// The hierarchy.
pub(super) struct Condensed {
    clusters: Vec<Cluster>,
    /// Of each point, the cluster that it falls out of, and the density at which it does.
    points: Vec<(usize, f64)>,
}

/// A step of single linkage: two sets, by their numbers, and the distance at which they join.
struct Join {
    parts: [usize; 2],
    distance: f64,
    size: usize,
}

impl Condensed {
    /// Points of which none is in a cluster.
    pub(super) fn nothing(count: usize) -> Self {
        let root = Cluster {
            parent: None,
            birth: 0.0,
            mass: 0.0,
            peak: 0.0,
            children: Vec::new(),
        };
        Self {
            clusters: vec![root],
            points: vec![(0, 0.0); count],
        }
    }

    /// From the edges of a spanning tree by length; clusters have no fewer than `least` points.
    pub(super) fn new(count: usize, edges: &[Edge], least: usize) -> Self {
        let mut condensed = Self::nothing(count);
        let joins = single_linkage(count, edges);
        let size = |node: usize| {
            if node < count {
                1
            } else {
                joins[node - count].size
            }
        };
        // Sets are numbered after the points, in the order in which they were joined, the last being all.
        let mut open = vec![(count + joins.len() - 1, 0_usize)];
        while let Some((node, cluster)) = open.pop() {
            if node < count {
                // The only point.
                continue;
            }
            let join = &joins[node - count];
            let density = 1.0 / join.distance;
            let large = join.parts.map(|part| size(part) >= least);
            for (part, is_large) in join.parts.into_iter().zip(large) {
                if large == [true; 2] {
                    let child = condensed.part(cluster, density, size(part));
                    open.push((part, child));
                } else if is_large {
                    open.push((part, cluster));
                } else {
                    condensed.drop_out(part, &joins, cluster, density);
                }
            }
        }
        condensed
    }

    /// Adds a cluster that parts from another.
    fn part(&mut self, parent: usize, density: f64, size: usize) -> usize {
        let child = self.clusters.len();
        let from = &mut self.clusters[parent];
        from.mass += (density - from.birth) * size as f64;
        from.peak = from.peak.max(density);
        from.children.push(child);
        self.clusters.push(Cluster {
            parent: Some(parent),
            birth: density,
            mass: 0.0,
            peak: density,
            children: Vec::new(),
        });
        child
    }

    /// Lets all points of a set fall out of a cluster.
    fn drop_out(&mut self, node: usize, joins: &[Join], cluster: usize, density: f64) {
        let count = self.points.len();
        let mut open = vec![node];
        while let Some(node) = open.pop() {
            if node >= count {
                open.extend(joins[node - count].parts);
                continue;
            }
            self.points[node] = (cluster, density);
            let from = &mut self.clusters[cluster];
            from.mass += density - from.birth;
            from.peak = from.peak.max(density);
        }
    }

    /// The excess of mass of a cluster.
    pub(super) fn stability(&self, cluster: usize) -> f64 {
        self.clusters[cluster].mass
    }

    /// Which clusters are chosen: those that have more mass than what lies below them, but never the root.
    pub(super) fn chosen(&self) -> Vec<bool> {
        let mut chosen = vec![false; self.clusters.len()];
        let mut best: Vec<f64> = self.clusters.iter().map(|cluster| cluster.mass).collect();
        for (index, cluster) in self.clusters.iter().enumerate().skip(1).rev() {
            let below: f64 = cluster.children.iter().map(|child| best[*child]).sum();
            if below > best[index] {
                best[index] = below;
            } else {
                chosen[index] = true;
            }
        }
        // What lies below a chosen cluster is part of it.
        let mut within = vec![false; self.clusters.len()];
        for (index, cluster) in self.clusters.iter().enumerate() {
            let Some(parent) = cluster.parent else {
                continue;
            };
            within[index] = within[parent] || chosen[parent];
            chosen[index] &= !within[index];
        }
        chosen
    }

    /// The chosen cluster of each point.
    pub(super) fn clusters(&self, chosen: &[bool]) -> Vec<Option<usize>> {
        let mut over: Vec<Option<usize>> = vec![None; self.clusters.len()];
        for (index, cluster) in self.clusters.iter().enumerate() {
            over[index] = if chosen[index] {
                Some(index)
            } else {
                cluster.parent.and_then(|parent| over[parent])
            };
        }
        self.points
            .iter()
            .map(|(cluster, _)| over[*cluster])
            .collect()
    }

    /// How firmly each point belongs to its cluster: the density it reaches, over the cluster's greatest.
    pub(super) fn probabilities(&self, clusters: &[Option<usize>]) -> Vec<f64> {
        let probability = |((_, density), cluster): (&(usize, f64), &Option<usize>)| match cluster {
            Some(cluster) => (density / self.clusters[*cluster].peak).min(1.0),
            None => 0.0,
        };
        self.points.iter().zip(clusters).map(probability).collect()
    }

    /// The greatest density within each cluster and those below it.
    fn peaks(&self) -> Vec<f64> {
        let mut peaks: Vec<f64> = self.clusters.iter().map(|cluster| cluster.peak).collect();
        for (index, cluster) in self.clusters.iter().enumerate().rev() {
            if let Some(parent) = cluster.parent {
                peaks[parent] = peaks[parent].max(peaks[index]);
            }
        }
        peaks
    }

    /// The scores of points as outliers, from 0 to 1: how much less dense they are than the densest below their cluster.
    pub(super) fn outliers(&self) -> Vec<f64> {
        let peaks = self.peaks();
        let score = |(cluster, density): &(usize, f64)| {
            let peak = peaks[*cluster];
            if peak > 0.0 {
                1.0 - density / peak
            } else {
                0.0
            }
        };
        self.points.iter().map(score).collect()
    }

    /// Which points are the densest of the leaves below their chosen clusters.
    pub(super) fn exemplars(&self, clusters: &[Option<usize>]) -> Vec<bool> {
        let exemplar = |((own, density), cluster): (&(usize, f64), &Option<usize>)| {
            let own = &self.clusters[*own];
            cluster.is_some() && own.children.is_empty() && *density == own.peak
        };
        self.points.iter().zip(clusters).map(exemplar).collect()
    }
}

/// The steps in which sets join.
fn single_linkage(count: usize, edges: &[Edge]) -> Vec<Join> {
    let mut sets = Sets::new(count);
    let mut nodes: Vec<usize> = (0..count).collect();
    let mut joins: Vec<Join> = Vec::with_capacity(edges.len());
    for edge in edges {
        let ends = [edge.ends.0 as usize, edge.ends.1 as usize];
        let parts = ends.map(|end| nodes[sets.of(end)]);
        let size = parts
            .map(|node| {
                if node < count {
                    1
                } else {
                    joins[node - count].size
                }
            })
            .iter()
            .sum();
        joins.push(Join {
            parts,
            distance: edge.length,
            size,
        });
        sets.join(ends[0], ends[1]);
        nodes[sets.of(ends[0])] = count + joins.len() - 1;
    }
    joins
}
