"""Nearest features for the engine's tests, by PROJ, SciPy and Shapely.

    pip install geopandas==1.2.0 numpy==2.4.6 pyproj==3.7.2 scipy==1.17.1 shapely==2.2.0
    python tests/reference/engine_nearest.py > tests/reference/engine_nearest.json

The five places of tests/data, counted from 0, nearest to points all over the Earth, by geodesic distance. How far the places
are from lines whose edges are geodesics: the least of the geodesic distances along each edge, by SciPy's bounded minimiser
around the best of 400 places. The three nearest of boxes in a plane to lines, by Shapely, their distances in metres. Points,
lines and boxes travel with the figures.
"""

import json
from pathlib import Path

import geopandas
import numpy as np
from pyproj import Geod
from scipy.optimize import minimize_scalar
from shapely import LineString, box

DATA = Path(__file__).parent.parent / "data"
GEOD = Geod(ellps="WGS84")
places = geopandas.read_file(DATA / "populated-places.geojson")
xy = np.array([[p.x, p.y] for p in places.geometry])


def far(x, y, to):
    return GEOD.inv(np.full(len(to), x), np.full(len(to), y), to[:, 0], to[:, 1])[2]


points = [[x, y] for x in (-179.5, -120.25, -33.5, 0.5, 77.75, 179.75) for y in (-89.5, -41.0, 3.5, 62.25, 88.0)]
nearest = []
for x, y in points:
    metres = far(x, y, xy)
    order = np.argsort(metres)[:5]
    assert np.diff(np.sort(metres)[:6]).min() > 1, "no ties"
    nearest.append([[int(i), float(metres[i])] for i in order])

lines = [[(-170, lat), (-40.5, lat + 9.25), (60.25, lat - 14), (170, lat + 3), (-175, lat)] for lat in (-45, 0, 40, 75)]


def to_edge(p, a, b):
    azimuth, _, length = GEOD.inv(*a, *b)
    at = np.linspace(0, length, 400)
    lon, lat, _ = GEOD.fwd(np.full(400, a[0]), np.full(400, a[1]), np.full(400, azimuth), at)
    metres = far(*p, np.column_stack([lon, lat]))
    k = int(metres.argmin())

    def along(s):
        lon, lat, _ = GEOD.fwd(*a, azimuth, s)
        return GEOD.inv(*p, lon, lat)[2]

    least = minimize_scalar(along, bounds=(at[max(k - 1, 0)], at[min(k + 1, 399)]), method="bounded", options={"xatol": 1e-4}).fun
    return min(least, float(metres.min()))


to_lines = []
for p in xy[::6]:
    metres = [min(to_edge(p, a, b) for a, b in zip(line, line[1:])) for line in lines]
    order = sorted(range(len(lines)), key=lambda i: metres[i])
    to_lines.append([[i, metres[i]] for i in order])

rng = np.random.default_rng(11)
boxes = [box(x, y, x + w, y + h) for x, y, w, h in zip(*(rng.uniform(0, 10_000, (2, 60)).round(1)), *(rng.uniform(5, 900, (2, 60)).round(1)))]
paths = [LineString(rng.uniform(-2_000, 12_000, (3, 2)).round(1)) for _ in range(25)]
to_boxes = []
for path in paths:
    metres = [path.distance(b) for b in boxes]
    order = sorted(range(len(boxes)), key=lambda i: (metres[i], i))[:3]
    to_boxes.append([[i, metres[i]] for i in order])

print(
    json.dumps(
        {
            "points": points,
            "nearest": nearest,
            "lines": lines,
            "to_lines": to_lines,
            "boxes": [list(map(list, b.exterior.coords)) for b in boxes],
            "paths": [list(map(list, p.coords)) for p in paths],
            "to_boxes": to_boxes,
        },
        separators=(",", ":"),
    )
)
