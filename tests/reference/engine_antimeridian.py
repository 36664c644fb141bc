"""What lies over the antimeridian, for the engine's tests, by PROJ, SciPy and Shapely, which do not know of one here.

    pip install numpy==2.4.6 pyproj==3.7.2 scipy==1.17.1 shapely==2.2.0
    python tests/reference/engine_antimeridian.py > tests/reference/engine_antimeridian.json

- `segments`: how far places are from geodesics, most of them over the antimeridian, near the poles, or a quarter of the way
  around the Earth away: the least of the geodesic distances to 4,000 places of each, refined around the best few by SciPy's
  bounded minimiser. Longitudes run on beyond 180.
- `areas`: how far places are from polygons over the antimeridian whose edges are geodesics, likewise.
- `shapes` and `relations`: how shapes around 180 degrees lie to each other in the plane, in which longitudes run from 0 to 360,
  by Shapely's predicates, as pairs of their numbers from 0.
- `bins`: lines, of which some run along the borders of squares of 1,000 metres, and points of which some lie on them; the
  length and the points in each square without its eastern and northern side, by Shapely.
"""

import json
import random

import numpy as np
from pyproj import Geod
from scipy.optimize import minimize_scalar
from shapely import LineString, MultiPoint, MultiPolygon, Point, Polygon, box
from shapely.geometry import mapping

GEOD = Geod(ellps="WGS84")
RANDOM = random.Random(5)


def to_edge(p, a, b):
    azimuth, _, length = GEOD.inv(*a, *b)
    at = np.linspace(0, length, 4000)
    lon, lat, _ = GEOD.fwd(np.full(4000, a[0]), np.full(4000, a[1]), np.full(4000, azimuth), at)
    metres = GEOD.inv(np.full(4000, p[0]), np.full(4000, p[1]), lon, lat)[2]

    def along(s):
        lon, lat, _ = GEOD.fwd(*a, azimuth, s)
        return GEOD.inv(*p, lon, lat)[2]

    best = float(metres.min())
    for k in np.argsort(metres)[:3]:
        low, high = at[max(k - 1, 0)], at[min(k + 1, 3999)]
        best = min(best, minimize_scalar(along, bounds=(low, high), method="bounded", options={"xatol": 1e-5}).fun)
    return best


def near(low, high):
    return round(RANDOM.uniform(low, high), 3)


segments = []
for _ in range(60):
    lat = near(-89, 89)
    a = (near(150, 179), lat)
    b = (near(181, 215), max(-89.9, min(89.9, round(lat + near(-9, 9), 3))))
    segments.append((a, b, (near(140, 220), max(-90, min(90, round(lat + near(-12, 12), 3))))))
# Around the poles, and edges of almost half of the Earth.
for _ in range(12):
    pole = RANDOM.choice((-1, 1))
    segments.append(((near(90, 180), pole * near(80, 89.9)), (near(180, 269), pole * near(80, 89.9)), (near(0, 360), pole * near(85, 90))))
for _ in range(8):
    segments.append(((near(95, 100), near(-40, 40)), (near(260, 270), near(-40, 40)), (near(100, 260), near(-80, 80))))
# A quarter of the way around: on a sphere all places of the edge would be as far.
segments += [
    ((150.0, 0.0), (210.0, 0.0), (180.0, 90.0)),
    ((150.0, 0.0), (210.0, 0.0), (187.0, 89.9)),
    ((180.0, -60.0), (180.0, 70.0), (90.0, 0.0)),
    ((170.0, -30.0), (190.0, 30.0), (270.0, 15.0)),
    ((180.0, -80.0), (180.0, 80.0), (90.3, 0.2)),
]

rings = [
    [(170.0, 66.0), (190.0, 66.5), (188.0, 69.0), (174.0, 70.0)],
    [(160.0, -80.0), (230.0, -78.0), (200.0, -74.0)],
    [(176.0, -1.0), (183.0, -2.0), (181.0, 3.0)],
]
areas = []
for ring in rings:
    edges = list(zip(ring, ring[1:] + ring[:1]))
    places = []
    while len(places) < 8:
        p = (near(150, 220), near(ring[0][1] - 8, min(ring[0][1] + 12, 89)))
        # Far enough to be outside with straight edges, too.
        if Polygon(ring).buffer(2.5).contains(Point(p)):
            continue
        places.append([p, min(to_edge(p, a, b) for a, b in edges)])
    areas.append({"ring": ring, "places": places})

shapes = [
    box(170, 0, 180, 10),
    box(180, 0, 190, 10),
    box(170, 0, 190, 10),
    box(175, 2, 185, 8),
    box(180, 4, 185, 6),
    box(178, -5, 180, 0),
    MultiPolygon([box(150, 0, 160, 5), box(180, 10, 190, 20)]),
    Polygon([(176, 4), (180, 5), (176, 6)]),
    Point(180, 5),
    Point(180, 0),
    Point(180, -7),
    MultiPoint([(180, 3), (180, 8)]),
    LineString([(180, 2), (180, 9)]),
    LineString([(175, 5), (180, 5)]),
    LineString([(180, 5), (185, 5)]),
    LineString([(172, 5), (188, 5)]),
    LineString([(180, -5), (180, 15)]),
]
names = {
    "intersects": "intersects",
    "contains": "covers",
    "within": "covered_by",
    "identicalto": "equals",
    "touches": "touches",
    "crosses": "crosses",
    "overlaps": "overlaps",
    "completelycontains": "contains_properly",
}
relations = {
    name: [[i, j] for i, a in enumerate(shapes) for j, b in enumerate(shapes) if getattr(a, predicate)(b)]
    for name, predicate in names.items()
}

lines = [
    LineString([(1000, 200), (1000, 2700)]),
    LineString([(300, 2000), (3400, 2000)]),
    LineString([(3000, 1000), (0, 1000), (0, 3000)]),
    LineString([(500, 500), (1000, 1000), (2000, 1000), (2500, 1500)]),
    LineString([(0, 0), (3000, 3000)]),
]
points = [Point(x, y) for x in (0, 500, 1000, 2000) for y in (0, 1000, 1700, 2000)]
bins = []
for column in range(4):
    for row in range(4):
        x, y = 1000 * column, 1000 * row
        square = box(x, y, x + 1000, y + 1000)
        sides = LineString([(x + 1000, y), (x + 1000, y + 1000), (x, y + 1000)])
        length = sum(line.intersection(square).length - line.intersection(sides).length for line in lines)
        count = sum(square.covers(p) and not sides.covers(p) for p in points)
        if length or count:
            bins.append([column, row, length, count])
assert abs(sum(b[2] for b in bins) - sum(line.length for line in lines)) < 1e-6
assert sum(b[3] for b in bins) == len(points)

print(
    json.dumps(
        {
            "segments": [[a, b, p, to_edge(p, a, b)] for a, b, p in segments],
            "areas": areas,
            "shapes": [mapping(shape) for shape in shapes],
            "relations": relations,
            "bins": {
                "lines": [mapping(line) for line in lines],
                "points": [[p.x, p.y] for p in points],
                "squares": bins,
            },
        },
        separators=(",", ":"),
    )
)
