"""Features summed up within areas for the engine's tests, by Shapely, GeoPandas and PROJ.

    pip install geopandas==1.2.0 numpy==2.4.6 pyproj==3.7.2 shapely==2.2.0
    python tests/reference/engine_within.py > tests/reference/engine_within.json

The countries and places of tests/data, and slanted cells and lines, which travel with the figures. Borders are straight in
longitude and latitude; pieces are measured on the ellipsoid with a vertex every hundredth of a degree, which is how lines
that are straight there are followed. Means and deviations are weighted by the equations of ArcGIS's page "Summary
statistics", with NumPy.
"""

import json
import math
from pathlib import Path

import geopandas
import numpy as np
from pyproj import Geod
from shapely import LineString, box, segmentize
from shapely.affinity import rotate

DATA = Path(__file__).parent.parent / "data"
GEOD = Geod(ellps="WGS84")
countries = geopandas.read_file(DATA / "countries.geojson")
places = geopandas.read_file(DATA / "populated-places.geojson")
cells = [rotate(box(x, y, x + 31.7, y + 23.3), 7.3, origin=(0, 0)) for x in range(-150, 130, 70) for y in range(-55, 50, 35)]
lines = [LineString([(-170, lat), (-40.5, lat + 9.25), (60.25, lat - 14), (170, lat + 3)]) for lat in range(-50, 71, 12)]


def measure(geometry):
    geometry = segmentize(geometry, 0.01)
    if geometry.geom_type == "LineString":
        return GEOD.geometry_length(geometry)
    return abs(GEOD.geometry_area_perimeter(geometry)[0])


def parts(areas, features, wanted):
    """For each area the features in it, with how much of them."""
    out = []
    for area in areas:
        members = []
        for i, feature in enumerate(features):
            piece = area.intersection(feature)
            pieces = [g for g in getattr(piece, "geoms", [piece]) if g.geom_type == wanted]
            size = sum(measure(g) for g in pieces)
            if size > 1e-3:
                members.append((i, size))
        out.append(members)
    return out


def statistics(values, weights):
    pairs = [(v, w) for v, w in zip(values, weights) if v is not None and not math.isnan(v)]
    if not pairs:
        return dict.fromkeys(["sum", "mean", "min", "max", "stddev"])
    x, w = (np.array(column, dtype=float) for column in zip(*pairs))
    mean = np.average(x, weights=w)
    n = len(w)
    deviation = math.sqrt((w * (x - mean) ** 2).sum() / ((n - 1) / n * w.sum())) if n > 1 else None
    return {"sum": x.sum(), "mean": mean, "min": x.min(), "max": x.max(), "stddev": deviation}


people = [None if v is None else float(v) for v in countries["pop_est"]]
continents = list(countries["continent"])
polygons = []
for members in parts(cells, list(countries.geometry), "Polygon"):
    sizes = {}
    for i, size in members:
        sizes[continents[i]] = sizes.get(continents[i], 0.0) + size
    polygons.append(
        {
            "count": len(members),
            "area": sum(size for _, size in members),
            "pop_est": statistics([people[i] for i, _ in members], [size for _, size in members]),
            "continents": sizes,
        }
    )
lengths = [
    {"name": countries["name"][i], "count": len(members), "length": sum(size for _, size in members)}
    for i, members in enumerate(parts(list(countries.geometry), lines, "LineString"))
]
# Towns have no number of their own: the number of letters in the name serves.
letters = [len(name) for name in places["name"]]
points = []
for i, land in enumerate(countries.geometry):
    inside = [j for j, town in enumerate(places.geometry) if land.intersects(town)]
    points.append(
        {"name": countries["name"][i], "count": len(inside), "letters": statistics([float(letters[j]) for j in inside], [1.0] * len(inside))}
    )


def plain(value):
    return value.item() if hasattr(value, "item") else str(value)


print(
    json.dumps(
        {
            "cells": [[list(map(list, cell.exterior.coords))] for cell in cells],
            "lines": [list(map(list, line.coords)) for line in lines],
            "polygons": polygons,
            "lengths": lengths,
            "points": points,
        },
        separators=(",", ":"),
        default=plain,
    )
)
