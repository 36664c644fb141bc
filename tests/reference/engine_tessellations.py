"""Tessellations for the engine's tests, by H3 and Shapely.

    pip install h3==4.5.0 numpy==2.4.6 shapely==2.2.0
    python tests/reference/engine_tessellations.py > tests/reference/engine_tessellations.json

The cells of H3 that overlap rectangles of longitudes and latitudes, and the corners of some. How many tiles of a side of 100 m
have a part of a rectangle of 1000.5 by 750.25 m at whose south-western corner the layout begins: tiles are drawn one by one, by
Shapely, moving a first tile by the vectors of its lattice.
"""

import json
from math import sqrt

import h3
from shapely import Polygon, box
from shapely.affinity import translate

rectangles = [[7.0, 46.0, 8.0, 47.0, 5], [-0.5, -0.5, 0.5, 0.25, 4], [-71.2, 42.3, -71.0, 42.4, 8], [100.0, -60.0, 140.0, -20.0, 2]]
cells = []
for west, south, east, north, resolution in rectangles:
    shape = h3.LatLngPoly([(south, west), (south, east), (north, east), (north, west)])
    cells.append(sorted(h3.polygon_to_cells_experimental(shape, resolution, contain="overlap")))
corners = {c: [[lon, lat] for lat, lon in h3.cell_to_boundary(c)] for found in cells for c in found[::10]}

s, r = 100.0, sqrt(3) * 50.0
extent = box(0, 0, 1000.5, 750.25)
up, down = Polygon([(0, 0), (s, 0), (s / 2, r)]), Polygon([(s / 2, 0), (s, r), (0, r)])
d = s / sqrt(2)
hexagon = Polygon([(0, -s), (r, -s / 2), (r, s / 2), (0, s), (-r, s / 2), (-r, -s / 2)])
transverse = Polygon([(y, x) for x, y in hexagon.exterior.coords])
layouts = {
    "Square": [(box(0, 0, s, s), (s, 0), (0, s))],
    "Hexagon": [(hexagon, (2 * r, 0), (r, 1.5 * s))],
    "TransverseHexagon": [(transverse, (1.5 * s, r), (0, 2 * r))],
    "Triangle": [(up, (s, 0), (s / 2, r)), (translate(down, -s / 2), (s, 0), (s / 2, r))],
    "Diamond": [(Polygon([(d, 0), (0, d), (-d, 0), (0, -d)]), (d, d), (d, -d))],
}
counts = {}
for name, tiles in layouts.items():
    drawn = [translate(t, i * a[0] + j * b[0], i * a[1] + j * b[1]) for t, a, b in tiles for i in range(-40, 41) for j in range(-40, 41)]
    kept = [t for t in drawn if t.intersection(extent).area > 1e-6]
    assert abs(sum(t.intersection(extent).area for t in kept) - extent.area) < 1e-6, name
    counts[name] = {"count": len(kept), "area": kept[0].area}
print(json.dumps({"rectangles": rectangles, "cells": cells, "corners": corners, "tiles": counts}, separators=(",", ":")))
