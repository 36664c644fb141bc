"""Centroids for the engine's tests, by Shapely.

    pip install geopandas==1.2.0 shapely==2.2.0
    python tests/reference/engine_centroids.py > tests/reference/engine_centroids.json

The centroids of the countries of tests/data and of made-up shapes, in the plane of their coordinates, and how far from
them the nearest place of the shape is. The shapes travel with the figures.
"""

import json
from pathlib import Path

import geopandas
from shapely import MultiLineString, MultiPoint, MultiPolygon, Polygon, box
from shapely.geometry import mapping

DATA = Path(__file__).parent.parent / "data"
countries = geopandas.read_file(DATA / "countries.geojson")
shapes = {
    "a ring around its centre": box(0, 0, 10, 10).difference(box(1, 1, 9, 9)),
    "a horseshoe": Polygon([(0, 0), (9, 0), (9, 2), (2, 2), (2, 7), (9, 7), (9, 9), (0, 9)]),
    "two far parts": MultiPolygon([box(0, 0, 1, 1), box(7, 3, 9, 6)]),
    "an acute tip": Polygon([(0, 0), (12, 1), (0.5, 0.2), (-2, 9)]),
    "bent lines": MultiLineString([[(0, 0), (3, 4), (3, 9)], [(10, 0), (10, 0.5)]]),
    "points": MultiPoint([(0, 0), (0, 3), (6, 6), (0, 3.5)]),
}


def figures(name, shape):
    centre = shape.centroid
    return {"name": name, "centre": [centre.x, centre.y], "off": shape.distance(centre)}


print(
    json.dumps(
        {
            "countries": [figures(name, shape) for name, shape in zip(countries["name"], countries.geometry)],
            "shapes": [figures(name, shape) | {"shape": mapping(shape)} for name, shape in shapes.items()],
        },
        separators=(",", ":"),
    )
)
