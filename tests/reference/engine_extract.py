"""Extracted features for the engine's tests, by GeoPandas.

    pip install geopandas==1.2.0 shapely==2.2.0
    python tests/reference/engine_extract.py > tests/reference/engine_extract.json

The countries and places of tests/data and slanted lines, selected and clipped by two areas: one in two parts of which one
has a hole, and one that runs beyond the antimeridian. Measured in the plane of longitude and latitude (square degrees,
degrees): borders are straight there for both programs. The areas and lines travel with the figures.
"""

import json
from pathlib import Path

import geopandas
from shapely import LineString, MultiPolygon, Polygon, box, to_geojson
from shapely.affinity import rotate, translate

# Smaller areas, in square degrees, are slivers of less than a millimetre, which the engine removes.
LEAST = 1e-8
DATA = Path(__file__).parent.parent / "data"
countries = geopandas.read_file(DATA / "countries.geojson")
places = geopandas.read_file(DATA / "populated-places.geojson")
lines = geopandas.GeoDataFrame(
    geometry=[LineString([(-170, y), (-40.5, y + 9.25), (60.25, y - 14), (170, y + 3)]) for y in range(-50, 71, 12)],
    crs=4326,
)

holed = Polygon(box(-9.7, 36.3, 31.9, 61.1).exterior, [box(5.3, 44.1, 16.7, 51.9).exterior])
parted = rotate(MultiPolygon([holed, box(95.5, -11.1, 155.3, 24.9)]), 7.3, origin=(0, 0))
# Longitudes run on beyond 180; GeoPandas gets what lies there as a part of its own.
beyond = box(172.3, -47.7, 189.1, 68.4)
halves = MultiPolygon([box(172.3, -47.7, 180, 68.4), translate(box(180, -47.7, 189.1, 68.4), -360)])


def figures(area):
    mask = geopandas.GeoDataFrame(geometry=[area], crs=4326)
    found = {}
    for name, layer in [("countries", countries), ("places", places), ("lines", lines)]:
        clipped = geopandas.clip(layer, mask).geometry.sort_index()
        measured = clipped.area if name == "countries" else clipped.length
        found[name] = {
            "whole": [int(i) for i in layer.index[layer.intersects(area)]],
            "clipped": [[int(i), m] for i, m in measured.items() if name == "places" or m > LEAST],
        }
    return found


print(
    json.dumps(
        {
            "lines": [list(map(list, line.coords)) for line in lines.geometry],
            "parted": {"geometry": json.loads(to_geojson(parted)), **figures(parted)},
            "beyond": {"geometry": json.loads(to_geojson(beyond)), **figures(halves)},
        }
    )
)
