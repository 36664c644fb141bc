"""Overlaid layers for the engine's tests, by Shapely.

    pip install geopandas==1.2.0 shapely==2.2.0
    python tests/reference/engine_overlay.py > tests/reference/engine_overlay.json

The countries and places of tests/data against slanted cells and lines, measured in the plane of longitude and latitude
(square degrees, degrees): borders are straight there for both programs. The cells and lines travel with the figures.
"""

import json
from pathlib import Path

import geopandas
from shapely import LineString, box, union_all
from shapely.affinity import rotate

# Smaller areas, in square degrees, are slivers of less than a millimetre, which the engine removes.
LEAST = 1e-8
DATA = Path(__file__).parent.parent / "data"
countries = geopandas.read_file(DATA / "countries.geojson")
places = geopandas.read_file(DATA / "populated-places.geojson")

cells = [
    rotate(box(x, y, x + 31.7, y + 23.3), 7.3, origin=(0, 0))
    for x in range(-150, 130, 40)
    for y in range(-55, 50, 30)
]
cells.append(cells[9].buffer(0))  # a duplicate
lines = [LineString([(-170, lat), (-40.5, lat + 9.25), (60.25, lat - 14), (170, lat + 3)]) for lat in range(-50, 71, 12)]


def shapes(kind, geometries):
    return [{"kind": kind, "coordinates": [list(map(list, g.exterior.coords if kind == "polygon" else g.coords))]} for g in geometries]


def intersections(left, right, measure):
    figures = []
    for i, a in enumerate(left):
        for j, b in enumerate(right):
            figure = measure(a.intersection(b))
            if figure > LEAST:
                figures.append([i, j, figure])
    return figures


def erased(left, right, measure):
    cover = union_all(right)
    figures = [[i, measure(a.difference(cover))] for i, a in enumerate(left)]
    return [figure for figure in figures if figure[1] > LEAST]


def area(g):
    return g.area


def length(g):
    return g.length


lands = list(countries.geometry)
towns = list(places.geometry)
borders = [[i, j, a.boundary.intersection(b.boundary).length] for i, a in enumerate(lands) for j, b in enumerate(lands) if i < j and a.touches(b)]
crossings = [[i, j, len(getattr(p, "geoms", [p]))] for i, a in enumerate(lines) for j, b in enumerate(cells) for p in [a.intersection(b.boundary)] if not p.is_empty]
print(
    json.dumps(
        {
            "cells": shapes("polygon", cells),
            "lines": shapes("line", lines),
            "polygons_polygons": intersections(lands, cells, area),
            "polygons_erased": erased(lands, cells, area),
            "cells_erased": erased(cells, lands, area),
            "lines_polygons": intersections(lines, lands, length),
            "lines_erased": erased(lines, lands, length),
            "points_polygons": [[i, j] for i, p in enumerate(towns) for j, land in enumerate(lands) if land.intersects(p)],
            "points_erased": [i for i, p in enumerate(towns) if not any(land.intersects(p) for land in lands)],
            # What neighbours share of their borders; only where the data give both the same vertices.
            "shared_borders": [b for b in borders if b[2] > 1e-6],
            "crossings": crossings,
        },
        separators=(",", ":"),
    )
)
