"""Point clusters for the engine's tests, by scikit-learn, hdbscan, NumPy and PROJ.

    pip install hdbscan==0.8.44 numpy==2.4.6 pyproj==3.7.2 scikit-learn==1.9.1
    python tests/reference/engine_clusters.py > tests/reference/engine_clusters.json

DBSCAN and OPTICS are scikit-learn's, HDBSCAN is the package hdbscan's by its algorithm "generic", whose min_samples leaves the
point itself out. Outlier scores are read from its condensed tree by the definition of GLOSH. Places of tests/data are put
into space on the ellipsoid by PROJ, since distances go through the Earth. Points that lie near in time are clustered by a
distance that is infinite for others.
"""

import json
from pathlib import Path

import numpy as np
from hdbscan import HDBSCAN
from pyproj import Transformer
from sklearn.cluster import DBSCAN, OPTICS

RANDOM = np.random.default_rng(17)
DATA = Path(__file__).parent.parent / "data"


def hdbscan_once(xyz, least):
    model = HDBSCAN(min_cluster_size=least, min_samples=least - 1, algorithm="generic").fit(xyz)
    tree = model.condensed_tree_.to_pandas()
    peaks = tree.groupby("parent")["lambda_val"].max().to_dict()
    for row in tree[tree["child_size"] > 1].sort_values("child", ascending=False).itertuples():
        peaks[row.parent] = max(peaks[row.parent], peaks[row.child])
    points = tree[tree["child_size"] == 1].sort_values("child")
    outlier = 1 - points["lambda_val"].to_numpy() / points["parent"].map(peaks).to_numpy()
    exemplar = np.zeros(len(xyz))
    for cluster in model.exemplars_:
        for place in cluster:
            exemplar[(xyz == place).all(axis=1)] = 1
    births = tree.set_index("child")["lambda_val"]
    chosen = sorted(model.condensed_tree_._select_clusters())
    rows = [tree[tree["parent"] == c] for c in chosen]
    mass = [float(((r["lambda_val"] - births[c]) * r["child_size"]).sum()) for c, r in zip(chosen, rows)]
    stability = np.array([mass[label] if label >= 0 else 0 for label in model.labels_])
    return model.labels_, {"prob": model.probabilities_, "outlier": outlier, "exemplar": exemplar, "stability": stability}


def hdbscan(xyz, least):
    # Where edges have the same length the hierarchy is up to chance: what changes with the order of the points is null.
    labels, figures = hdbscan_once(xyz, least)
    labels, seen = [labels.copy()], {name: [values] for name, values in figures.items()}
    for seed in range(20):
        order = np.random.default_rng(seed).permutation(len(xyz))
        shuffled, figures = hdbscan_once(xyz[order], least)
        back = np.argsort(order)
        other = shuffled[back]
        assert other.max() == labels[0].max()
        same = {c: np.bincount(labels[0][(other == c) & (labels[0] >= 0)]).argmax() for c in range(other.max() + 1)}
        labels.append(np.array([same.get(c, -1) for c in other]))
        for name, values in figures.items():
            seen[name].append(values[back])
    settled = (np.array(labels) == labels[0]).all(axis=0)
    result = {"labels": [int(c) if ok else None for c, ok in zip(labels[0], settled)]}
    for name, values in seen.items():
        spread = np.ptp(values, axis=0) <= 1e-9 * abs(values[0])
        result[name] = [float(v) if ok else None for v, ok in zip(values[0], spread & settled)]
    return result


def optics(xyz, least, eps, xi, **more):
    model = OPTICS(min_samples=least, max_eps=eps, xi=xi, **more).fit(xyz)
    order = np.empty(len(xyz), dtype=int)
    order[model.ordering_] = np.arange(1, len(xyz) + 1)
    reach = [None if np.isinf(r) else float(r) for r in model.reachability_]
    return {"labels": model.labels_.tolist(), "order": order.tolist(), "reach": reach}


def dbscan(xyz, least, eps, **more):
    return {"labels": DBSCAN(min_samples=least, eps=eps, **more).fit(xyz).labels_.tolist()}


def times(found, hours):
    """What is found, with the mean, first and last hour of each point's cluster."""
    labels = np.array(found["labels"])
    of = lambda statistic: [float(statistic(hours[labels == c])) if c >= 0 else None for c in labels]
    return found | {"mean": of(np.mean), "start": of(np.min), "end": of(np.max)}


places = json.loads((DATA / "populated-places.geojson").read_text())["features"]
lonlat = np.array([place["geometry"]["coordinates"] for place in places])
world = np.array(Transformer.from_crs(4979, 4978, always_xy=True).transform(*lonlat.T, np.zeros(len(lonlat)))).T

centres = RANDOM.uniform(0, 20000, (6, 2))
heaps = [RANDOM.normal(centre, RANDOM.uniform(150, 900), (60, 2)) for centre in centres]
xy = np.round(np.vstack([*heaps, RANDOM.uniform(0, 20000, (140, 2))]), 2)
xy = xy[RANDOM.permutation(len(xy))]
hours = np.round(RANDOM.uniform(0, 100, len(xy)), 2)
apart = np.hypot(xy[:, None, 0] - xy[None, :, 0], xy[:, None, 1] - xy[None, :, 1])
apart[abs(hours[:, None] - hours[None, :]) > 24] = 1e9
core = np.sort(np.hypot(xy[:, None, 0] - xy[None, :, 0], xy[:, None, 1] - xy[None, :, 1]), axis=1)[:, 7]

print(
    json.dumps(
        {
            "places": {
                "dbscan": dbscan(world, 4, 600e3),
                "hdbscan": hdbscan(world, 4),
                "optics": optics(world, 5, 1500e3, 0.05),
            },
            "points": [[*place, hour] for place, hour in zip(xy.tolist(), hours.tolist())],
            "dbscan": dbscan(xy, 8, 400),
            "hdbscan": hdbscan(xy, 8),
            "optics": optics(xy, 8, 3000, 0.05),
            "optics_steep": optics(xy, 8, 3000, 0.2),
            "dbscan_time": times(dbscan(apart, 8, 600, metric="precomputed"), hours),
            "optics_time": optics(apart, 8, 3000, 0.05, metric="precomputed"),
            "default_distance": float(np.sort(core)[int(np.ceil(0.99 * len(core))) - 1]),
        },
        separators=(",", ":"),
    )
)
