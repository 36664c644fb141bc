"""Centroids for the engine's tests, by Shapely.

    pip install geopandas==1.2.0 shapely==2.2.0
    python tests/reference/engine_centroids.py > tests/reference/engine_centroids.json

The centroids of the countries of tests/data and of made-up shapes, in the plane of their coordinates, and how far from
them the nearest place of the shape is. The shapes travel with the figures. Countries that their maker cut at the antimeridian
(Fiji and Russia) are seen in longitudes from 0 to 360 and joined; so is a made-up one.
"""

import json
from pathlib import Path

import geopandas
from shapely import MultiLineString, MultiPoint, MultiPolygon, Polygon, box
from shapely.affinity import translate
from shapely.geometry import mapping
from shapely.ops import unary_union

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
cut = {
    "a shape around the antimeridian": MultiPolygon([box(172, 0, 180, 10), box(-180, -4, -177, 20), box(160, -20, 162, -18)]),
    "a ring open to the antimeridian": MultiPolygon(
        [box(170, 0, 180, 10).difference(box(171, 1, 180, 9)), box(-180, 0, -170, 10).difference(box(-180, 1, -171, 9))]
    ),
    "lines on both sides": MultiLineString([[(170, 0), (180, 4)], [(-180, 4), (-150, 8)]]),
    "points on both sides": MultiPoint([(179, 0), (-179, 3), (-175, 6)]),
}


def figures(name, shape):
    centre = shape.centroid
    return {"name": name, "centre": [centre.x, centre.y], "off": shape.distance(centre)}


def joined(shape):
    """What was cut at the antimeridian, in longitudes from 0 to 360."""
    return unary_union([translate(part, 360 if part.bounds[0] < 0 else 0) for part in shape.geoms])


def country(name, shape):
    is_cut = shape.bounds[0] == -180 and shape.bounds[2] == 180 and name != "Antarctica"
    return figures(name, joined(shape) if is_cut else shape)


print(
    json.dumps(
        {
            "countries": [country(name, shape) for name, shape in zip(countries["name"], countries.geometry)],
            "shapes": [figures(name, shape) | {"shape": mapping(shape)} for name, shape in shapes.items()],
            "cut": [figures(name, joined(shape)) | {"shape": mapping(shape)} for name, shape in cut.items()],
        },
        separators=(",", ":"),
    )
)
