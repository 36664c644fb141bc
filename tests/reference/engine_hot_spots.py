"""Hot spots for the engine's tests, by PySAL, NumPy, Shapely and PROJ.

    pip install esda==2.9.0 geopandas==1.2.0 libpysal==4.14.1 numpy==2.4.6 pyproj==3.7.2 shapely==2.2.0
    python tests/reference/engine_hot_spots.py > tests/reference/engine_hot_spots.json

Gi* is that of esda's G_Local with binary weights, probabilities are doubled as ArcGIS's are two-sided, bins come from esda's
fdr. Distances are straight, through the ellipsoid for the countries of tests/data, whose places (the centroids
of their parts on one side of the antimeridian) PROJ puts into space, and planar for the points, which travel with the figures.
"doubled" are the same points with every third measured twice: who is nearest elsewhere does not count those in the same place.
"""

import json
import warnings
from pathlib import Path

import geopandas
import numpy as np
from esda import Moran, fdr
from esda.getisord import G_Local
from libpysal.weights import W
from pyproj import Transformer
from scipy.stats import norm
from shapely import MultiPolygon
from shapely.affinity import translate

warnings.filterwarnings("ignore")
DATA = Path(__file__).parent.parent / "data"
TO_SPACE = Transformer.from_crs(4979, 4978, always_xy=True)
RANDOM = np.random.default_rng(11)


def weights(distances, band):
    near = {i: [int(j) for j in np.flatnonzero(row <= band) if j != i] for i, row in enumerate(distances)}
    return W(near, silence_warnings=True)


def hot_spots(values, distances, band):
    values = np.asarray(values, dtype=float)
    w = weights(distances, band)
    local = G_Local(values, w, transform="B", permutations=0, star=True, island_weight=1)
    z = local.Zs
    p = 2 * norm.sf(abs(z))
    bins = np.zeros(len(z), dtype=int)
    for alpha, size in ((0.1, 1), (0.05, 2), (0.01, 3)):
        limit = fdr(p, alpha)
        if (p <= limit).any():
            bins[p <= limit] = size
    bins *= np.sign(z).astype(int)
    return {"z": list(z), "p": list(p), "bin": bins.tolist(), "neighbours": [len(w.neighbors[i]) + 1 for i in range(len(z))]}


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


def outliers_out(nearest):
    return nearest[nearest <= nearest.mean() + 3 * nearest.std()]


def nearest_of(distances):
    return np.where(distances == 0, np.inf, distances).min(axis=1)


# --- countries, through the Earth ------------------------------------------------------------------------------------------------
countries = geopandas.read_file(DATA / "countries.geojson")
centres = np.array([[p.x, p.y] for p in countries.geometry.map(together).centroid])
n = len(centres)
space = np.array(TO_SPACE.transform(*centres.T, np.zeros(n))).T
straight = np.sqrt(((space[:, None] - space[None]) ** 2).sum(axis=2))
people = [float(v) for v in countries["pop_est"]]
letters = [len(name) for name in countries["name"]]
for band in (1500e3, 3000e3):
    assert abs(straight - band).min() > 1
world = {str(int(band / 1e3)): hot_spots(people, straight, band) for band in (1500e3, 3000e3)}
divided = hot_spots(np.array(people) / letters, straight, 1500e3)

# --- points with a value, planar ----------------------------------------------------------------------------------------
xy = np.round(RANDOM.uniform(0, 10000, (300, 2)), 2)
# Positive throughout: esda's score takes the sign of the sum of all values.
level = np.round(100 + np.sin(xy[:, 0] / 900) * np.sin(xy[:, 1] / 900) * 20 + RANDOM.normal(0, 4, 300), 3)
distances = planar(xy)
given = hot_spots(level, distances, 900.0)
kept = outliers_out(nearest_of(distances))
steps = [kept.max() + kept.mean() * i for i in range(10)]


def peaks_of(values, distances=distances, steps=steps):
    scores = [Moran(values, weights(distances, step), transformation="r", permutations=0).z_rand for step in steps]
    return scores, [i for i in range(1, 9) if scores[i - 1] < scores[i] > scores[i + 1] and scores[i] >= 1.645]


moran, peaks = peaks_of(level)
# Values without any order, whose Moran's I has no peak; by chance it may have one, and then others are drawn.
noise = level
while peaks_of(noise)[1]:
    noise = np.round(RANDOM.normal(0, 1, 300), 3)
k = 15
fifteenth = np.sort(distances, axis=1)[:, k].mean()
twice = np.concatenate([np.arange(300), np.arange(0, 300, 3)])
twice_apart = planar(xy[twice])
twice_kept = outliers_out(nearest_of(twice_apart))
twice_steps = [twice_kept.max() + twice_kept.mean() * i for i in range(10)]
_, twice_peaks = peaks_of(level[twice], twice_apart, twice_steps)

# --- incidents ------------------------------------------------------------------------------------------------------------
incidents = np.round(np.vstack([RANDOM.normal((4000, 3000), 500, (400, 2)), RANDOM.uniform(0, 10000, (500, 2))]), 2)
size = 700.0
column, row = np.floor(incidents / size).astype(int).T
squares = {}
for cell in zip(column.tolist(), row.tolist()):
    squares[cell] = squares.get(cell, 0) + 1
keys = sorted(squares)
square_centres = np.array([[(c + 0.5) * size, (r + 0.5) * size] for c, r in keys])
fishnet = hot_spots([squares[key] for key in keys], planar(square_centres), 1500.0)
unique = np.unique(incidents, axis=0)
kept_incidents = outliers_out(nearest_of(planar(unique)))


def cell_size_of(nearest):
    less, greater = sorted([nearest.mean(), np.median(nearest)])
    return greater * max(greater / less, 2)


cell_size = cell_size_of(kept_incidents)
# Many in a heap and few elsewhere: the mean distance from the nearest is far from the median.
heaped = np.round(np.vstack([RANDOM.normal((3000, 7000), 60, (120, 2)), RANDOM.uniform(0, 10000, (80, 2))]), 2)
kept_heaped = outliers_out(nearest_of(planar(heaped)))
assert kept_heaped.mean() > 4 * np.median(kept_heaped)

print(
    json.dumps(
        {
            "countries": world,
            "countries_divided": divided,
            "points": [[x, y, v, w] for (x, y), v, w in zip(xy.tolist(), level.tolist(), noise.tolist())],
            "given": given,
            "moran": moran,
            "peak": steps[peaks[0]],
            "fifteenth": fifteenth,
            "doubled": twice_steps[twice_peaks[0]],
            "incidents": incidents.tolist(),
            "fishnet": {"cells": [[c, r, squares[c, r]] for c, r in keys], **fishnet},
            "cell_size": cell_size,
            "heaped": heaped.tolist(),
            "heaped_cell_size": cell_size_of(kept_heaped),
        },
        separators=(",", ":"),
    )
)
