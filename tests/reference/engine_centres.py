"""Centres and ellipses for the engine's tests, by NumPy, SciPy, PROJ and pointpats.

    pip install geopandas==1.2.0 numpy==2.4.6 pointpats==2.5.5 pyproj==3.7.2 scipy==1.17.1
    python tests/reference/engine_centres.py > tests/reference/engine_centres.json

Made-up places in a plane, with weights and groups, which travel with the figures, and the places of tests/data by hemisphere,
with the letters of their names as weights. Central features are found by trying all, median centres by SciPy's Nelder-Mead
method (on the ellipsoid around the central feature), ellipses by the eigenvalues of NumPy's covariance with the sum of weights
in the denominator (of longitudes counted eastwards from the widest gap between them, where that is wider than a quarter of the
way around the Earth), and radii that are the roots of twice these, as ArcGIS's page "How Directional Distribution works" has it.
Without weights the direction and the mean centre are checked here against pointpats, whose radii differ by its denominator
n - 2 and nothing else.
"""

import json
from pathlib import Path

import geopandas
import numpy as np
import pointpats
from pyproj import Geod
from scipy.optimize import minimize

DATA = Path(__file__).parent.parent / "data"
GEOD = Geod(ellps="WGS84")
rng = np.random.default_rng(3)


def plane(a, b):
    return np.hypot(*(b - a).T)


def ground(a, b):
    return GEOD.inv(np.full(len(b), a[0]), np.full(len(b), a[1]), b[:, 0], b[:, 1])[2]


def figures(xy, w, distance, scale):
    sums = [float((w * distance(p, xy)).sum()) for p in xy]
    central = int(np.argmin(sums))
    start = xy[central] + 0.01 * scale
    simplex = np.array([start, start + [scale, 0], start + [0, scale]])
    options = {"xatol": 1e-11 * scale, "fatol": 0, "initial_simplex": simplex, "maxiter": 4000}
    median = minimize(lambda p: (w * distance(p, xy)).sum(), start, method="Nelder-Mead", options=options).x
    mean = np.average(xy, axis=0, weights=w)
    off = xy - mean
    values, vectors = np.linalg.eigh((w[:, None] * off).T @ off / w.sum())
    rotation = np.degrees(np.arctan2(vectors[0, 1], vectors[1, 1])) % 180
    return {
        "central": central,
        "least": sums[central],
        "mean": list(mean),
        "median": list(median),
        "median_sum": float((w * distance(median, xy)).sum()),
        "shorter": float(np.sqrt(2 * values[0])),
        "longer": float(np.sqrt(2 * values[1])),
        "rotation": float(rotation),
    }


def from_gap(xy):
    """The same places with longitudes that run on eastwards from the widest gap."""
    lon = np.sort(xy[:, 0])
    gaps = np.diff(np.append(lon, lon[0] + 360))
    widest = int(gaps.argmax())
    if gaps[widest] <= 90 or widest == len(lon) - 1:
        return xy
    return np.column_stack([np.where(xy[:, 0] <= lon[widest], xy[:, 0] + 360, xy[:, 0]), xy[:, 1]])


xy = (rng.normal(size=(90, 2)) @ np.array([[3000.0, 900.0], [-200.0, 700.0]]) + [400_000, 5_000_000]).round(2)
weights = rng.integers(1, 9, 90).astype(float)
kinds = ["ABC"[i % 3] for i in range(90)]
one = np.ones(90)
planar = {"all": figures(xy, one, plane, 1000.0), "weighted": figures(xy, weights, plane, 1000.0)}
for kind in "ABC":
    at = np.array([i for i in range(90) if kinds[i] == kind])
    planar[kind] = figures(xy[at], one[at], plane, 1000.0)
    planar[kind]["central"] = int(at[planar[kind]["central"]])
major, minor, angle = pointpats.ellipse(xy)
close = planar["all"]
assert np.allclose(pointpats.mean_center(xy), close["mean"], rtol=1e-12)
assert np.allclose(sorted([major, minor]), [close["shorter"] * np.sqrt(90 / 88), close["longer"] * np.sqrt(90 / 88)], rtol=1e-9)
turn = np.degrees(angle) % 90
assert min(abs(turn - close["rotation"] % 90), abs(turn - (90 - close["rotation"] % 90))) < 1e-6, (turn, close["rotation"])

places = geopandas.read_file(DATA / "populated-places.geojson")
towns = np.array([[p.x, p.y] for p in places.geometry])
letters = np.array([len(name) for name in places["name"]], dtype=float)
real = {}
for name, at in [("north", np.flatnonzero(towns[:, 1] >= 0)), ("south", np.flatnonzero(towns[:, 1] < 0))]:
    real[name] = figures(from_gap(towns[at]), letters[at], ground, 1.0)
    real[name]["central"] = int(at[real[name]["central"]])
print(json.dumps({"xy": xy.tolist(), "weights": weights.tolist(), "kinds": kinds, "planar": planar, "real": real}, separators=(",", ":")))
