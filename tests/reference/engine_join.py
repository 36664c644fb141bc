"""Joined features for the engine's tests, by Shapely, pandas and PROJ.

    pip install geopandas==1.2.0 numpy==2.4.6 pyproj==3.7.2 shapely==2.2.0
    python tests/reference/engine_join.py > tests/reference/engine_join.json

Pairs of places in the lists of tests/data, counted from 0, that fulfil a relationship; lines travel with the figures.
Distances are geodesic: between places directly, from places to lines by way of a vertex every 500 metres along the geodesics
that the lines consist of. No pair lies within 100 metres of the limit, so that the coarser of the two cannot mislead.
"""

import json
from pathlib import Path

import geopandas
import numpy as np
import pandas
from pyproj import Geod
from shapely import LineString, box

DATA = Path(__file__).parent.parent / "data"
GEOD = Geod(ellps="WGS84")
countries = geopandas.read_file(DATA / "countries.geojson")
places = geopandas.read_file(DATA / "populated-places.geojson")
lands, towns = list(countries.geometry), list(places.geometry)


def pairs(left, right, predicate):
    return [[i, j] for i, a in enumerate(left) for j, b in enumerate(right) if getattr(a, predicate)(b)]


def within(left, right, limit, distance):
    found = []
    for i, a in enumerate(left):
        for j, b in enumerate(right):
            metres = distance(a, b)
            assert abs(metres - limit) > 100 or limit == 0, (i, j, metres)
            if metres <= limit:
                found.append([i, j])
    return found


xy = np.array([[p.x, p.y] for p in towns])
near_towns = []
for i, (x, y) in enumerate(xy):
    metres = GEOD.inv(np.full(len(xy), x), np.full(len(xy), y), xy[:, 0], xy[:, 1])[2]
    assert (abs(metres - 300e3) > 1).all()
    near_towns += [[i, int(j)] for j in np.flatnonzero(metres <= 300e3)]

lines = [LineString([(-170, lat), (-40.5, lat + 9.25), (60.25, lat - 14), (170, lat + 3), (-175, lat)]) for lat in (-45, 0, 40, 75)]
dense = []
for line in lines:
    points = []
    for (x0, y0), (x1, y1) in zip(line.coords, line.coords[1:]):
        count = int(GEOD.inv(x0, y0, x1, y1)[2] / 500)
        points += [(x0, y0)] + GEOD.npts(x0, y0, x1, y1, count) + [(x1, y1)]
    dense.append(np.array(points))
near_lines = []
for i, (x, y) in enumerate(xy):
    for j, line in enumerate(dense):
        metres = GEOD.inv(np.full(len(line), x), np.full(len(line), y), line[:, 0], line[:, 1])[2].min()
        assert abs(metres - 400e3) > 100, (i, j, metres)
        if metres <= 400e3:
            near_lines.append([i, j])

cells = [box(x, y, x + 40, y + 30) for x in range(-180, 180, 40) for y in range(-90, 90, 30)]
continents = pandas.DataFrame({"continent": sorted(set(countries["continent"])), "row": range(countries["continent"].nunique())})
merged = countries.reset_index().merge(continents, on="continent")
by_continent = countries.groupby("continent")["pop_est"].agg(["count", "sum", "mean", "min", "max", "std"])
print(
    json.dumps(
        {
            "cells": [[list(map(list, cell.exterior.coords))] for cell in cells],
            "lines": [list(map(list, line.coords)) for line in lines],
            "places_within_countries": pairs(towns, lands, "within"),
            "countries_intersect_cells": pairs(lands, cells, "intersects"),
            "cells_contain_countries": pairs(cells, lands, "covers"),
            "cells_properly_contain_countries": pairs(cells, lands, "contains_properly"),
            "countries_within_cells": pairs(lands, cells, "covered_by"),
            "countries_intersect_countries": pairs(lands, lands, "intersects"),
            "countries_equal_countries": pairs(lands, lands, "equals"),
            "places_near_places": near_towns,
            "places_near_lines": near_lines,
            "continents": list(continents["continent"]),
            "countries_by_continent": sorted([int(i), int(r)] for i, r in zip(merged["index"], merged["row"])),
            "statistics": {name: [None if pandas.isna(v) else float(v) for v in row] for name, row in zip(by_continent.index, by_continent.to_numpy())},
        },
        separators=(",", ":"),
    )
)
