"""Buffers for the engine's tests, worked out by PROJ's geodesics (pyproj), GEOS (Shapely) and dense sampling.

    pip install numpy==2.4.6 pyproj==3.7.2 shapely==2.2.0
    python tests/reference/engine_buffers.py > tests/reference/engine_buffers.json

Nothing here builds a geodesic buffer of lines or polygons the way the engine does. The distance of a place from a
feature is the least over places along its edges, refined where it is least; places are kept that are clearly inside
or outside. Areas come from outlines with very many vertices, from an azimuthal equidistant plane around a small
feature, or from Shapely.
"""

import json
import math
import random

import numpy as np
from pyproj import Geod, Proj
from shapely import LineString, MultiLineString, MultiPolygon, Point, Polygon
from shapely.geometry import mapping

GEOD = Geod(ellps="WGS84")
EARTH = 4 * math.pi * 6371007.1809184747**2  # the area of the ellipsoid, from its authalic radius
RANDOM = random.Random(20)
FINE = 2000  # segments of a quarter circle in Shapely's buffers: 1e-7 of the area


def area_of(lons, lats):
    return abs(GEOD.polygon_area_perimeter(lons, lats)[0])


def circle(lon, lat, metres, vertices=36000):
    azimuths = np.linspace(0, -360, vertices, endpoint=False)
    lons, lats, _ = GEOD.fwd([lon] * vertices, [lat] * vertices, azimuths, [metres] * vertices)
    return lons, lats


# --- points ---------------------------------------------------------------------------------------------------------

POINTS = {
    "equator": (0.0, 0.0, 100e3),
    "64 north": (-21.9, 64.15, 50e3),
    "78 north": (15.6, 78.2, 250e3),
    "west of the antimeridian": (179.9, -16.5, 80e3),
    "east of the antimeridian": (-179.9, -16.5, 80e3),
    "over the north pole": (25.0, 88.5, 400e3),
    "over the south pole": (-120.0, -80.0, 2000e3),
    "at the north pole": (0.0, 90.0, 300e3),
    "touching the pole": (40.0, 80.0, GEOD.inv(40, 80, 0, 90)[2]),
    "a street": (13.4, 52.5, 25.0),
    "a continent": (20.0, 10.0, 5000e3),
    "three quarters of the Earth": (20.0, 10.0, 13000e3),
    "nearly everything": (-70.0, -45.0, 19800e3),
}


def around(lon, lat, metres, count=60):
    """Places inside and outside of a circle, most of them near its border."""
    places = []
    for _ in range(count):
        reach = metres * RANDOM.choice([0.3, 0.9, 0.999, 1.001, 1.1, 1.0 + RANDOM.uniform(-0.01, 0.01)])
        if reach > 19960e3:
            continue
        x, y, _ = GEOD.fwd(lon, lat, RANDOM.uniform(0, 360), reach)
        ratio = GEOD.inv(lon, lat, x, y)[2] / metres
        if abs(ratio - 1) > 2e-4:
            places.append([round(x, 9), round(y, 9), ratio < 1])
    return places


def point_case(lon, lat, metres):
    lons, lats = circle(lon, lat, metres)
    area = area_of(lons, lats)
    if metres > 10.1e6:
        area = EARTH - area
    return {"lon": lon, "lat": lat, "metres": metres, "area": area, "places": around(lon, lat, metres)}


# --- geodesic lines and polygons --------------------------------------------------------------------------------------


class Edges:
    """The edges of a geodesic path."""

    def __init__(self, path):
        self.edges = []
        for (x0, y0), (x1, y1) in zip(path, path[1:]):
            azimuth, _, length = GEOD.inv(x0, y0, x1, y1)
            self.edges.append((x0, y0, azimuth, length))

    def nearest(self, x, y):
        """Distance, which edge, how far along it, and on which side (left is positive)."""
        best = None
        for index, (x0, y0, azimuth, length) in enumerate(self.edges):
            low, high = 0.0, 1.0
            for _ in range(9):
                t = np.linspace(low, high, 25)
                n = len(t)
                px, py, back = GEOD.fwd([x0] * n, [y0] * n, [azimuth] * n, t * length)
                to, _, d = GEOD.inv(px, py, [x] * n, [y] * n)
                i = int(np.argmin(d))
                step = (high - low) / (n - 1)
                low, high = max(0.0, t[i] - step), min(1.0, t[i] + step)
            if best is None or d[i] < best[0]:
                forward = back[i] + 180 if t[i] > 0 else azimuth
                turn = (to[i] - forward + 180) % 360 - 180
                best = (float(d[i]), index, float(t[i]), -math.copysign(1, turn))
        return best


def sampled(path, metres, inside, count=150):
    """Places around a path that are clearly inside or outside by `inside(distance, edge, along, side)`."""
    edges = Edges(path)
    places = []
    while len(places) < count:
        x0, y0, azimuth, length = RANDOM.choice(edges.edges)
        px, py, _ = GEOD.fwd(x0, y0, azimuth, RANDOM.uniform(-0.05, 1.05) * length)
        reach = metres * RANDOM.choice([0.4, 0.95, 0.999, 1.001, 1.05, 1.5])
        x, y, _ = GEOD.fwd(px, py, RANDOM.uniform(0, 360), reach)
        found = edges.nearest(x, y)
        verdict = inside(*found)
        if verdict is not None and abs(found[0] / metres - 1) > 3e-4 and found[0] > 3e-4 * metres:
            places.append([round(x, 9), round(y, 9), verdict])
    return places


def within(metres, last):
    """Verdicts on the buffers of a line with `last` as its last edge."""

    def at_end(edge, along):
        return (edge == 0 and along == 0.0) or (edge == last and along == 1.0)

    def flat(distance, edge, along, side):
        near_end = (edge == 0 and along < 2e-4) or (edge == last and along > 1 - 2e-4)
        if near_end and not at_end(edge, along):
            return None
        # Beyond the end; just beside the cut the nearest place is not quite the end itself.
        return distance < metres and not at_end(edge, along)

    def one_side(wanted):
        def verdict(distance, edge, along, side):
            inside = flat(distance, edge, along, side)
            return inside if not inside else side == wanted

        return verdict

    return {
        "Round": lambda distance, *_: distance < metres,
        "Flat": flat,
        "Left": one_side(1.0),
        "Right": one_side(-1.0),
    }


def strip_area(path, metres, stations=4000):
    """The area of one geodesic edge's buffer: flat, and of its halves, from offsets at many stations."""
    (x0, y0), (x1, y1) = path
    azimuth, _, length = GEOD.inv(x0, y0, x1, y1)
    t = np.linspace(0, length, stations)
    px, py, back = GEOD.fwd([x0] * stations, [y0] * stations, [azimuth] * stations, t)
    forward = np.array(back) + 180
    forward[0] = azimuth
    left = GEOD.fwd(px, py, forward - 90, [metres] * stations)
    right = GEOD.fwd(px, py, forward + 90, [metres] * stations)
    halves = {}
    for name, side in (("Left", left), ("Right", right)):
        halves[name] = area_of(np.concatenate([px, side[0][::-1]]), np.concatenate([py, side[1][::-1]]))
    caps = 0.0
    for x, y, start in ((px[0], py[0], forward[0] + 90), (px[-1], py[-1], forward[-1] - 90)):
        azimuths = np.linspace(start, start + 180, 8000)
        n = len(azimuths)
        cx, cy, _ = GEOD.fwd([x] * n, [y] * n, azimuths, [metres] * n)
        caps += area_of(np.append(cx, x), np.append(cy, y))
    flat = halves["Left"] + halves["Right"]
    return {"Flat": flat, "Round": flat + caps, **halves}


LINES = {
    "a long edge": ([[-60.0, 10.0], [-20.0, 45.0]], 150e3),
    "across the equator": ([[-15.0, -20.0], [15.0, 20.0]], 30e3),
    "over the antimeridian": ([[175.0, 60.0], [200.0, 65.0]], 200e3),
    "by the pole": ([[10.0, 80.0], [170.0, 82.0]], 120e3),
    "a bent path": ([[5.0, 45.0], [9.0, 47.0], [9.5, 44.0], [14.0, 45.5]], 60e3),
}


def line_case(path, metres):
    verdicts = within(metres, len(path) - 2)
    places = {name: sampled(path, metres, verdict) for name, verdict in verdicts.items() if len(path) == 2 or name in ("Round",)}
    case = {"path": path, "metres": metres, "places": places}
    case["areas"] = strip_area(path, metres) if len(path) == 2 else {}
    return case


def aeqd(lon, lat):
    return Proj(proj="aeqd", lon_0=lon, lat_0=lat, ellps="WGS84")


def small_polygon_case(lon, lat, metres):
    """A polygon with a hole, a few kilometres wide, buffered by Shapely on an azimuthal equidistant plane."""
    plane = aeqd(lon, lat)
    outer = [(-6000, -5000), (7000, -4000), (5500, 1000), (8000, 6000), (-2000, 5000), (-5000, 1500)]
    hole = [(-1500, -1500), (2500, -1000), (2000, 2500), (-1000, 2000)]
    degrees = [[[round(c, 10) for c in plane(x, y, inverse=True)] for x, y in ring] for ring in (outer, hole)]
    degrees = [ring + ring[:1] for ring in degrees]
    if lon == 180.0:  # a polygon runs on beyond the antimeridian, it does not jump
        degrees = [[[x % 360, y] for x, y in ring] for ring in degrees]
    flat = Polygon([plane(*p) for p in degrees[0]], [[plane(*p) for p in degrees[1]]])
    buffered = flat.buffer(metres, quad_segs=FINE)
    return {
        "rings": degrees,
        "metres": metres,
        "area": buffered.area,
        "holes": len(buffered.interiors),
    }


def large_polygon_case(outer, hole, metres):
    """A polygon of countries' size with a hole: places by their distance from its edges."""
    polygon = Polygon(outer, [hole])
    places = []
    for ring in (outer, hole):
        path = ring + ring[:1]
        edges = [Edges(outer + outer[:1]), Edges(hole + hole[:1])]
        for x, y, _ in sampled(path, metres, lambda *_: True, 80):
            distance = min(e.nearest(x, y)[0] for e in edges)
            if abs(distance / metres - 1) > 3e-4:
                places.append([x, y, bool(distance < metres or polygon.contains(Point(x, y)))])
    return {"rings": [outer, hole], "metres": metres, "places": places}


# --- planes -----------------------------------------------------------------------------------------------------------


def plane_case(kind, geometry, metres, **options):
    """A buffer in UTM zone 33 north (32633) by Shapely."""
    buffered = geometry.buffer(metres, quad_segs=FINE, **options)
    parts = list(buffered.geoms) if buffered.geom_type == "MultiPolygon" else [buffered]
    places = []
    minx, miny, maxx, maxy = buffered.bounds
    while len(places) < 60:
        place = Point(RANDOM.uniform(minx - metres, maxx + metres), RANDOM.uniform(miny - metres, maxy + metres))
        if buffered.boundary.distance(place) > 2e-4 * metres:
            places.append([place.x, place.y, bool(buffered.contains(place))])
    return {
        "kind": kind,
        "geometry": mapping(geometry)["coordinates"],
        "metres": metres,
        "area": buffered.area,
        "parts": len(parts),
        "holes": sum(len(p.interiors) for p in parts),
        "bounds": buffered.bounds,
        "places": places,
    }


E0, N0 = 390000.0, 5820000.0


def utm(coordinates):
    return [(E0 + x, N0 + y) for x, y in coordinates]


BENT = utm([(0, 0), (1000, 200), (1500, 1200), (1400, 2600), (2600, 3000)])
RING = utm([(0, 0), (4000, 0), (4200, 3000), (2000, 4500), (-300, 2800)])
HOLE = utm([(1000, 1000), (3000, 1000), (3000, 2500), (1000, 2500)])
PLANES = {
    "point": plane_case("point", Point(E0, N0), 500.0),
    "line round": plane_case("Round", LineString(BENT), 300.0),
    "line flat": plane_case("Flat", LineString(BENT), 300.0, cap_style="flat"),
    "line left": plane_case("Left", LineString(BENT), 100.0, single_sided=True, join_style="round"),
    "line right": plane_case("Right", LineString(BENT), -100.0, single_sided=True, join_style="round"),
    "closed line": plane_case("Flat", LineString(RING + RING[:1]), 200.0, cap_style="flat"),
    "crossing line": plane_case("Round", LineString(utm([(0, 0), (2000, 2000), (2000, 0), (0, 2000)])), 150.0),
    "two paths": plane_case("Round", MultiLineString([BENT, utm([(0, 1500), (3000, 0)])]), 120.0),
    "polygon": plane_case("polygon", Polygon(RING, [HOLE]), 400.0),
    "hole fills": plane_case("polygon", Polygon(RING, [HOLE]), 800.0),
    "two polygons": plane_case(
        "polygon", MultiPolygon([Polygon(RING, [HOLE]), Polygon(utm([(5000, 0), (6000, 0), (5500, 900)]))]), 300.0
    ),
}
for case in PLANES.values():
    case["metres"] = abs(case["metres"])


print(
    json.dumps(
        {
            "points": {name: point_case(*case) for name, case in POINTS.items()},
            "lines": {name: line_case(*case) for name, case in LINES.items()},
            "smallPolygons": {
                "at the equator": small_polygon_case(30.0, 0.2, 1000.0),
                "at 64 north": small_polygon_case(-21.0, 64.1, 1000.0),
                "at 78 north": small_polygon_case(16.0, 78.1, 700.0),
                "on the antimeridian": small_polygon_case(180.0, -17.0, 1000.0),
                "its hole fills": small_polygon_case(10.0, 50.0, 3000.0),
            },
            "largePolygons": {
                "in Europe": large_polygon_case(
                    [[2.0, 43.0], [6.0, 42.5], [9.0, 44.0], [10.0, 48.0], [7.0, 50.0], [3.0, 49.0], [1.0, 46.0]],
                    [[4.0, 45.0], [5.0, 47.0], [7.0, 46.5], [7.0, 45.0]],
                    40e3,
                ),
                "in the Arctic": large_polygon_case(
                    [[10.0, 76.5], [20.0, 76.4], [30.0, 78.0], [27.0, 80.0], [14.0, 80.0], [8.0, 78.5]],
                    [[15.0, 78.0], [18.0, 79.0], [22.0, 78.8], [20.0, 78.0]],
                    30e3,
                ),
            },
            "planes": PLANES,
        },
        separators=(",", ":"),
    )
)
