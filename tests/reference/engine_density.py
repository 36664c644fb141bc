"""Densities for the engine's tests, by NumPy, SciPy and PROJ.

    pip install numpy==2.4.6 pyproj==3.7.2 scipy==1.17.1
    python tests/reference/engine_density.py > tests/reference/engine_density.json

The quartic kernel of Silverman (1986) by its formula, that of lines integrated by SciPy. Densities at the corners of the
engine's cells, which lie at whole multiples of their size, give the borders of classes; densities at places drawn at random
tell in which class each must lie. Places of tests/data are put into space on the ellipsoid by PROJ. "field" is the weight.
"""

import json
from pathlib import Path

import numpy as np
from pyproj import Transformer
from scipy.integrate import quad

RANDOM = np.random.default_rng(23)
DATA = Path(__file__).parent.parent / "data"


def density(places, points, weights, radius):
    """Of points, per square metre."""
    squares = ((places[:, None, :] - points[None, :, :]) ** 2).sum(axis=2) / radius**2
    return (np.where(squares < 1, (1 - squares) ** 2, 0) * weights).sum(axis=1) * 3 / (np.pi * radius**2)


def line_density(place, lines, weights, radius):
    total = 0.0
    for line, weight in zip(lines, weights):
        for a, b in zip(line, line[1:]):
            length = np.hypot(*(b - a))

            def kernel(s):
                square = ((a + (b - a) * s / length - place) ** 2).sum() / radius**2
                return (1 - square) ** 2 if square < 1 else 0.0

            # Where the kernel begins and ends it has a kink.
            foot = (place - a) @ (b - a) / length
            height = ((place - a) ** 2).sum() - foot**2
            reach = np.sqrt(max(radius**2 - height, 0))
            kinks = [s for s in (foot - reach, foot + reach) if 0 < s < length]
            total += weight * quad(kernel, 0, length, points=kinks or None, epsabs=1e-9)[0]
    return total * 3 / (np.pi * radius**2)


def corners(points, radius, cell):
    low, high = (points.min(axis=0) - radius) / cell, (points.max(axis=0) + radius) / cell
    x, y = (np.arange(np.floor(l), np.ceil(h) + 1) * cell for l, h in zip(low, high))
    return np.array([[i, j] for j in y for i in x])


def samples(places, values):
    return [[*place, value] for place, value in zip(np.asarray(places).tolist(), values)]


def default_radius(points, weights):
    centre = np.average(points, axis=0, weights=weights)
    off = np.sqrt(((points - centre) ** 2).sum(axis=1))
    # A point of the weight 3 is three points.
    median = np.median(np.repeat(off, weights.astype(int)))
    standard = np.sqrt(np.average(off**2, weights=weights))
    return 0.9 * min(standard, np.sqrt(1 / np.log(2)) * median) * weights.sum() ** -0.2


points = np.round(np.vstack([RANDOM.normal((3000, 4000), 600, (60, 2)), RANDOM.uniform(0, 8000, (60, 2))]), 1)
weights = RANDOM.integers(1, 9, len(points)).astype(float)
radius, cell = 1200.0, 150.0
at_corners = density(corners(points, radius, cell), points, weights, radius) * 1e6
at_corners = np.sort(at_corners[at_corners > 0])
drawn = np.round(RANDOM.uniform(-1000, 9000, (300, 2)), 1)

lines = [np.round(np.cumsum(RANDOM.uniform(-900, 1500, (5, 2)), axis=0), 1) for _ in range(6)]
line_weights = [1.0, 2.0, 3.0, 1.0, 2.0, 3.0]
vertices = np.vstack(lines)
line_corners = corners(vertices, 700.0, 250.0)
line_peak = max(line_density(place, lines, line_weights, 700.0) for place in line_corners) * 1e6
line_drawn = np.round(RANDOM.uniform(vertices.min(axis=0), vertices.max(axis=0), (120, 2)), 1)

features = json.loads((DATA / "populated-places.geojson").read_text())["features"]
lonlat = np.array([feature["geometry"]["coordinates"] for feature in features])
to_space = Transformer.from_crs(4979, 4978, always_xy=True)


def space(places):
    return np.array(to_space.transform(*np.asarray(places).T, np.zeros(len(places)))).T


world_drawn = np.round(np.column_stack([RANDOM.uniform(-170, 170, 400), RANDOM.uniform(-60, 70, 400)]), 3)
world = density(space(world_drawn), space(lonlat), np.ones(len(lonlat)), 1500e3) * 1609.344**2
ones = np.ones(len(points))

print(
    json.dumps(
        {
            "points": [[*place, weight] for place, weight in zip(points.tolist(), weights)],
            "peak": float(at_corners[-1]),
            "quantiles": np.quantile(at_corners, [0.2, 0.4, 0.6, 0.8]).tolist(),
            "deviations": [float(at_corners.mean() + d * at_corners.std()) for d in (-1, 0, 1)],
            "samples": samples(drawn, (density(drawn, points, weights, radius) * 1e6).tolist()),
            "default_radius": float(default_radius(points, weights)),
            "default_radius_unweighted": float(default_radius(points, ones)),
            "lines": [line.tolist() for line in lines],
            "line_weights": line_weights,
            "line_peak": float(line_peak),
            "line_samples": samples(line_drawn, [line_density(p, lines, line_weights, 700.0) * 1e6 for p in line_drawn]),
            "world_samples": samples(world_drawn, world.tolist()),
            "world_radius": float(default_radius(space(lonlat), np.ones(len(lonlat)))),
        },
        separators=(",", ":"),
    )
)
