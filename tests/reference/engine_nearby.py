"""Features summed up within distances for the engine's tests, by PROJ, NumPy and Shapely.

    pip install geopandas==1.2.0 numpy==2.4.6 pyproj==3.7.2 shapely==2.2.0
    python tests/reference/engine_nearby.py > tests/reference/engine_nearby.json

Places of tests/data within geodesic distances of some of them, with the letters of their names, which serve as a number.
Lengths of lines, straight in longitude and latitude, within these distances: cut into pieces of 0.002 degrees, of which those
count whose middle is within. Areas of boxes in a plane within distances of lines, by Shapely with 256 edges a quarter circle;
means and deviations are weighted by the equations of ArcGIS's page "Summary statistics". Lines and boxes travel with the
figures.
"""

import json
import math
from pathlib import Path

import geopandas
import numpy as np
from pyproj import Geod
from shapely import LineString, box

DATA = Path(__file__).parent.parent / "data"
GEOD = Geod(ellps="WGS84")
places = geopandas.read_file(DATA / "populated-places.geojson")
xy = np.array([[p.x, p.y] for p in places.geometry])
letters = np.array([len(name) for name in places["name"]], dtype=float)
distances = [400e3, 1500e3]


def far(x, y, lon, lat):
    return GEOD.inv(np.full(len(lon), x), np.full(len(lon), y), lon, lat)[2]


def statistics(x, w):
    if not len(x):
        return dict.fromkeys(["sum", "mean", "min", "max", "stddev"])
    mean = np.average(x, weights=w)
    n = len(w)
    deviation = math.sqrt((w * (x - mean) ** 2).sum() / ((n - 1) / n * w.sum())) if n > 1 else None
    return {"sum": x.sum(), "mean": mean, "min": x.min(), "max": x.max(), "stddev": deviation}


points = []
for x, y in xy:
    metres = far(x, y, xy[:, 0], xy[:, 1])
    for distance in distances:
        assert (abs(metres - distance) > 1).all()
        inside = letters[metres <= distance]
        points.append({"count": len(inside), "letters": statistics(inside, np.ones(len(inside)))})

lines = [[(-179, lat), (-40.5, lat + 9.25), (60.25, lat - 14), (179, lat + 3)] for lat in (-50, -10, 30, 60)]
centres = list(range(0, 243, 12))
lengths = []
dense = []
for line in lines:
    lon, lat = [np.concatenate([np.linspace(a[i], b[i], int(abs(b[0] - a[0]) / 0.002), endpoint=False) for a, b in zip(line, line[1:])] + [[line[-1][i]]]) for i in (0, 1)]
    size = GEOD.inv(lon[:-1], lat[:-1], lon[1:], lat[1:])[2]
    dense.append(((lon[:-1] + lon[1:]) / 2, (lat[:-1] + lat[1:]) / 2, size))
for c in centres:
    near = [(far(*xy[c], lon, lat), size) for lon, lat, size in dense]
    for distance in distances:
        lengths.append(sum(float(size[metres <= distance].sum()) for metres, size in near))

rng = np.random.default_rng(5)
boxes = [box(x, y, x + w, y + h) for x, y, w, h in zip(*(rng.uniform(0, 10_000, (2, 80)).round(1)), *(rng.uniform(50, 1500, (2, 80)).round(1)))]
values = [float(v) for v in rng.integers(1, 1000, 80)]
kinds = ["ABC"[i % 3] for i in range(80)]
paths = [LineString(rng.uniform(0, 10_000, (3, 2)).round(1)) for _ in range(8)]
areas = []
for path in paths:
    for distance in (250.0, 1000.0):
        disk = path.buffer(distance, quad_segs=256)
        sizes = [disk.intersection(b).area for b in boxes]
        inside = [i for i, size in enumerate(sizes) if size > 1e-3]
        groups = {}
        for i in inside:
            groups[kinds[i]] = groups.get(kinds[i], 0.0) + sizes[i]
        x, w = np.array([values[i] for i in inside]), np.array([sizes[i] for i in inside])
        areas.append({"count": len(inside), "area": float(w.sum()), "value": statistics(x, w), "groups": groups})


def plain(value):
    return value.item()


print(
    json.dumps(
        {
            "points": points,
            "lines": lines,
            "centres": centres,
            "lengths": lengths,
            "boxes": [list(map(list, b.exterior.coords)) for b in boxes],
            "values": values,
            "kinds": kinds,
            "paths": [list(map(list, p.coords)) for p in paths],
            "areas": areas,
        },
        separators=(",", ":"),
        default=plain,
    )
)
