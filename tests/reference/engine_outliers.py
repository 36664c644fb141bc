"""Outliers for the engine's tests, by PySAL, NumPy, GeoPandas and PROJ.

    pip install esda==2.9.0 geopandas==1.2.0 libpysal==4.14.1 numpy==2.4.6 pyproj==3.7.2 shapely==2.2.0
    python tests/reference/engine_outliers.py > tests/reference/engine_outliers.json

Local Moran's I is that of esda's Moran_Local with weights that sum up to 1, brought from the variance of all values to that of
all but the feature's, as ArcGIS documents it; expectation and variance are esda's under randomisation. Probabilities are
counted over 9999 conditional permutations of NumPy, which for distinct sums are esda's; equal sums, as whole numbers have
them, count on both sides. The points and incidents are those of engine_hot_spots.json. Distances are straight,
through the ellipsoid for the countries of tests/data, whose places (the centroids of their parts on one side of
the antimeridian) PROJ puts into space, planar for the points.
"""

import json
import warnings
from pathlib import Path

import geopandas
import numpy as np
from esda import Moran_Local, fdr
from libpysal.weights import W
from pyproj import Transformer
from shapely import MultiPolygon
from shapely.affinity import translate

warnings.filterwarnings("ignore")
HERE = Path(__file__).parent
RANDOM = np.random.default_rng(5)
PERMUTATIONS = 9999
TO_SPACE = Transformer.from_crs(4979, 4978, always_xy=True)
QUADRANTS = {1: "HH", 2: "LH", 3: "LL", 4: "HL"}


def probability(values, i, near):
    others = np.delete(values, i)
    if not near:
        return 1.0
    orders = RANDOM.random((PERMUTATIONS, len(others))).argpartition(len(near) - 1, axis=1)[:, : len(near)]
    drawn, seen = others[orders].sum(axis=1), values[near].sum()
    noise = 1e-12 * abs(values).sum()
    return (min((drawn >= seen - noise).sum(), (drawn <= seen + noise).sum()) + 1) / (PERMUTATIONS + 1)


def outliers(values, distances, band):
    values = np.asarray(values, dtype=float)
    near = {i: [int(j) for j in np.flatnonzero(row <= band) if j != i] for i, row in enumerate(distances)}
    local = Moran_Local(values, W(near, silence_warnings=True), transformation="r", permutations=0)
    squares = (values - values.mean()) ** 2
    index = local.Is * squares.sum() / (squares.sum() - squares)
    z = (index - local.EI) / np.sqrt(np.where(local.VI > 0, local.VI, 1))
    alone = np.array([not near[i] for i in range(len(values))])
    index[alone] = z[alone] = 0
    p = np.array([probability(values, i, near[i]) for i in near])
    return {
        "index": index.tolist(),
        "z": z.tolist(),
        "p": np.round(p, 4).tolist(),
        "quadrant": [QUADRANTS[q] for q in local.q],
        "limit": float(fdr(p, 0.05)),
        "neighbours": [len(near[i]) for i in range(len(values))],
    }


def together(geometry):
    """Parts on both sides of the antimeridian side by side, where that leaves them nearer together."""
    parts = list(getattr(geometry, "geoms", [geometry]))
    east = MultiPolygon([translate(part, 360) if part.bounds[2] <= 0 else part for part in parts])
    width = lambda shape: shape.bounds[2] - shape.bounds[0]
    if not geometry.bounds[0] < 0 < geometry.bounds[2]:
        return geometry
    return east if width(east) < width(geometry) and width(east) <= 270 else geometry


def planar(xy):
    return np.hypot(xy[:, None, 0] - xy[None, :, 0], xy[:, None, 1] - xy[None, :, 1])


countries = geopandas.read_file(HERE.parent / "data" / "countries.geojson")
centres = np.array([[p.x, p.y] for p in countries.geometry.map(together).centroid])
n = len(centres)
space = np.array(TO_SPACE.transform(*centres.T, np.zeros(n))).T
straight = np.sqrt(((space[:, None] - space[None]) ** 2).sum(axis=2))
# What clusters on a map of the world for sure: the northernmost latitudes, but Germany's in the far south.
north = countries.geometry.bounds["maxy"].round(3).to_numpy(copy=True)
north[countries["name"] == "Germany"] = -60.0
assert abs(straight - 1500e3).min() > 1

drawn = json.loads((HERE / "engine_hot_spots.json").read_text())
points = np.array(drawn["points"])
incidents = np.array(drawn["incidents"])
size = 700.0
squares = {}
for cell in zip(*(int_ for int_ in np.floor(incidents / size).astype(int).T.tolist())):
    squares[cell] = squares.get(cell, 0) + 1
keys = sorted(squares)
middles = np.array([[(c + 0.5) * size, (r + 0.5) * size] for c, r in keys])

print(
    json.dumps(
        {
            "countries": outliers(north, straight, 1500e3),
            "points": outliers(points[:, 2], planar(points[:, :2]), 900.0),
            "fishnet": outliers([squares[key] for key in keys], planar(middles), 1500.0),
        },
        separators=(",", ":"),
    )
)
