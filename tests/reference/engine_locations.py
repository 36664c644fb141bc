"""Found and derived locations for the engine's tests, by Shapely, GeoPandas and PROJ.

    pip install geopandas==1.2.0 numpy==2.4.6 pyproj==3.7.2 shapely==2.2.0
    python tests/reference/engine_locations.py > tests/reference/engine_locations.json

`found`: the places in their list, counted from 0, of features that meet conditions: the layers are the countries (0) and towns
(1) of tests/data and five places (2). Distances are geodesic. `derived`: what is left of polygons and lines in a plane, whose
unit is the metre, by area or length, null where nothing is. Buffers there have 4 x 128 edges a circle, so that they are 1e-4
too small at most where a circle is whole.
"""

import json
from pathlib import Path

import geopandas
import numpy as np
from pyproj import Geod
from shapely import LineString, Point, Polygon, box, unary_union
from shapely.geometry import mapping

DATA = Path(__file__).parent.parent / "data"
GEOD = Geod(ellps="WGS84")
countries = geopandas.read_file(DATA / "countries.geojson")
towns = geopandas.read_file(DATA / "populated-places.geojson")
PLACES = [(13.4, 52.5), (-74.0, 40.7), (179.9, -17.5), (0.1, 0.2), (100.0, 13.8)]


def clause(operator, layer, where):
    return {"operator": operator, "layer": layer, "where": where}


def place(operator, layer, relation, other, distance=None, units=None):
    item = {"operator": operator, "layer": layer, "spatialRel": relation, "selectingLayer": other}
    return item | ({"distance": distance, "units": units} if distance is not None else {})


lands, points = list(countries.geometry), list(towns.geometry)
europe = np.array(countries.continent == "Europe")
large = np.array(countries.pop_est > 50e6)
holds = np.array([any(land.covers(p) for p in points) for land in lands])
inside = np.array([any(land.covers(p) for land in lands) for p in points])
here = np.array([any(land.covers(Point(p)) for p in PLACES) for land in lands])
apart = np.array([[GEOD.inv(p.x, p.y, x, y)[2] for x, y in PLACES] for p in points])
near = (apart <= 500e3).any(axis=1)
assert (abs(apart - 500e3) > 1e3).all()
nearest = np.zeros(len(points), dtype=bool)
nearest[apart.argmin(axis=0)] = True
b_towns = np.array([name.startswith("B") for name in towns.name])

found = [
    ([clause("", 0, "continent = 'Europe'")], europe),
    ([clause("", 0, "continent = 'Europe'"), clause("and", 0, "pop_est > 50000000")], europe & large),
    ([clause("", 0, "continent = 'Europe'"), place("or", 0, "intersects", 2)], europe | here),
    ([place("", 0, "contains", 1)], holds),
    ([place("", 0, "notContains", 1), clause("and", 0, "continent <> 'Europe'")], ~holds & ~europe),
    ([clause("", 0, "continent = 'Europe'"), clause("or", 0, "pop_est > 50000000"), place("and", 0, "intersects", 2)], (europe | large) & here),
    ([clause("", 0, "continent = 'Europe'"), [clause("or", 0, "pop_est > 50000000"), place("and", 0, "intersects", 2)]], europe | (large & here)),
    ([place("", 1, "within", 0)], inside),
    ([place("", 1, "notWithin", 0)], ~inside),
    ([place("", 1, "notIntersects", 0), clause("and", 1, "name LIKE 'B%'")], ~inside & b_towns),
    ([place("", 1, "withinDistance", 2, 500, "Kilometers")], near),
    ([place("", 1, "notWithinDistance", 2, 500000, "meters"), clause("and", 1, "name LIKE 'B%'")], ~near & b_towns),
    ([place("", 1, "nearest", 2)], nearest),
]
found = [[expressions, np.flatnonzero(mask).tolist()] for expressions, mask in found]

rng = np.random.default_rng(7)


def blob(x, y, r):
    angles = np.sort(rng.uniform(0, 2 * np.pi, 7))
    return Polygon([(round(x + r * np.cos(a), 3), round(y + r * np.sin(a), 3)) for a in angles])


targets = [blob(500000 + 700 * (i % 4), 5500000 + 700 * (i // 4), 500) for i in range(12)]
covers = [box(500000 + 900 * i, 5499800 + 150 * i, 500600 + 900 * i, 5501300) for i in range(3)] + [blob(501000, 5500700, 450)]
roads = [LineString([(499000, 5500200), (501200, 5500900), (503500, 5500100)]), LineString([(500300, 5499000), (500400, 5502000)])]
cover, near_roads = unary_union(covers), unary_union([road.buffer(120, quad_segs=128) for road in roads])
odd = [i % 2 == 1 for i in range(12)]


def cut(expressions, target, parts):
    size = [part.length if target == "roads" else part.area for part in parts]
    return {"expressions": expressions, "target": target, "sizes": [s if s > 1e-6 else None for s in size]}


crosses = [any(t.intersects(road) for road in roads) for t in targets]
empty = Polygon()
derived = [
    cut([place("", 0, "intersects", 1)], "targets", [t & cover for t in targets]),
    cut([place("", 0, "notIntersects", 1)], "targets", [t - cover for t in targets]),
    cut([place("", 0, "withinDistance", 2, 120, "Meters")], "targets", [t & near_roads for t in targets]),
    cut([place("", 0, "notWithinDistance", 2, 0.12, "Kilometers"), place("and", 0, "intersects", 1)], "targets", [(t - near_roads) & cover for t in targets]),
    cut([place("", 0, "intersects", 1), place("or", 0, "withinDistance", 2, 120, "Meters")], "targets", [t & (cover | near_roads) for t in targets]),
    cut([place("", 0, "intersects", 1), [clause("and", 0, "i % 2 = 1"), place("or", 0, "withinDistance", 2, 120, "Meters")]], "targets",
        [t & cover if o else t & cover & near_roads for t, o in zip(targets, odd)]),
    cut([place("", 0, "intersects", 2)], "targets", [t if c else empty for t, c in zip(targets, crosses)]),
    cut([place("", 0, "intersects", 1), clause("or", 0, "i = 0")], "roads", [roads[0], roads[1] & cover]),
    cut([place("", 0, "notIntersects", 1), place("or", 0, "intersects", 1)], "roads", roads),
    cut([place("", 0, "notIntersects", 1)], "roads", [road - cover for road in roads]),
]
shapes = {name: [mapping(shape) for shape in list_] for name, list_ in (("targets", targets), ("covers", covers), ("roads", roads))}
print(json.dumps({"places": PLACES, "found": found, "shapes": shapes, "derived": derived}))
