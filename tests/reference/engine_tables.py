"""Dissolved polygons and aggregated points for the engine's tests, by GeoPandas, Shapely and PROJ.

    pip install geopandas==1.2.0 numpy==2.4.6 pyproj==3.7.2 shapely==2.2.0
    python tests/reference/engine_tables.py > tests/reference/engine_tables.json

The input travels with the expected figures. Standard deviations are those of a sample; nulls take no part.
"""

import json
import math

import geopandas
import numpy as np
import pandas
from pyproj import Proj
from shapely import Point, Polygon, box, make_valid, union_all
from shapely.geometry import mapping

RANDOM = np.random.default_rng(7)
E0, N0 = 390000.0, 5820000.0  # in UTM zone 33 north, 32633
STATISTICS = {"sum": "sum", "mean": "mean", "min": "min", "max": "max", "stddev": "std"}


def plain(value):
    """JSON knows neither NaN nor NumPy."""
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return None
    if hasattr(value, "item"):
        return plain(value.item())
    return value


def statistics(values):
    numbers = pandas.Series([v for v in values if plain(v) is not None], dtype=float)
    if numbers.empty:
        return dict.fromkeys(STATISTICS)
    return {name: plain(getattr(numbers, function)()) for name, function in STATISTICS.items()}


def esri(frame):
    """Features as the engine takes them: rings or a point, and attributes."""
    features = []
    for row in frame.to_dict("records"):
        geometry = row.pop("geometry")
        attributes = {name: plain(value) for name, value in row.items()}
        if geometry.geom_type == "Point":
            features.append({"point": [geometry.x, geometry.y], "attributes": attributes})
        else:
            parts = geometry.geoms if geometry.geom_type == "MultiPolygon" else [geometry]
            rings = [ring for part in parts for ring in mapping(part)["coordinates"]]
            features.append({"rings": rings, "attributes": attributes})
    return features


# --- dissolve -----------------------------------------------------------------------------------------------------------


def cells(columns, rows, side):
    """Cells whose corners are jittered alike, so that neighbours share their borders exactly."""
    corners = {
        (i, j): (E0 + i * side + RANDOM.uniform(-0.3, 0.3) * side, N0 + j * side + RANDOM.uniform(-0.3, 0.3) * side)
        for i in range(columns + 1)
        for j in range(rows + 1)
    }
    return [
        Polygon([corners[i, j], corners[i + 1, j], corners[i + 1, j + 1], corners[i, j + 1]])
        for j in range(rows)
        for i in range(columns)
    ]


shapes = cells(12, 10, 800.0)
zones = RANDOM.choice(["north", "North", "south", None], len(shapes)).tolist()
parcels = geopandas.GeoDataFrame(
    {
        "zone": zones,
        "level": RANDOM.integers(1, 3, len(shapes)).tolist(),
        "people": [None if v % 7 == 0 else int(v) for v in RANDOM.integers(0, 5000, len(shapes))],
        "height": RANDOM.uniform(-5, 40, len(shapes)).round(3).tolist(),
        "geometry": shapes,
    }
)
# A polygon that overlaps others, one far away, and a bow tie, which is no valid polygon.
bow_tie = Polygon([(E0 + 20000, N0), (E0 + 22000, N0 + 2000), (E0 + 22000, N0), (E0 + 20000, N0 + 2000)])
extra = [
    ("north", 1, 10, 1.5, box(E0 + 500, N0 + 500, E0 + 2500, N0 + 2500)),
    ("far", 1, None, 2.5, box(E0 + 30000, N0, E0 + 31000, N0 + 1000)),
    ("tie", 2, 3, 0.0, bow_tie),
]
parcels = pandas.concat([parcels, geopandas.GeoDataFrame(extra, columns=parcels.columns)], ignore_index=True)
parcels["people"] = parcels["people"].astype(object)


def dissolved(frame, fields):
    """Rows by the values of fields, in the order in which these first appear."""
    keys = [tuple(plain(row[f]) for f in fields) for _, row in frame.iterrows()]
    rows = []
    for key in dict.fromkeys(keys):
        members = frame[[k == key for k in keys]]
        area = union_all([make_valid(g) for g in members.geometry])
        parts = [g for g in getattr(area, "geoms", [area]) if g.area > 0]
        rows.append(
            {
                "values": list(key),
                "count": len(members),
                "people": statistics(members.people),
                "height": statistics(members.height),
                "area": area.area,
                "parts": len(parts),
                "partAreas": sorted(p.area for p in parts),
                "holes": sum(len(p.interiors) for p in parts),
            }
        )
    return rows


# --- aggregate ----------------------------------------------------------------------------------------------------------

areas = geopandas.GeoDataFrame(
    {
        "name": ["left", "right", "with a hole", "empty", "two parts"],
        "geometry": [
            box(E0, N0, E0 + 1000, N0 + 1000),
            box(E0 + 1000, N0, E0 + 2000, N0 + 1000),
            box(E0, N0 + 1000, E0 + 2000, N0 + 3000).difference(box(E0 + 500, N0 + 1500, E0 + 1500, N0 + 2500)),
            box(E0 - 9000, N0, E0 - 8000, N0 + 1000),
            union_all([box(E0 + 3000, N0, E0 + 3500, N0 + 500), Polygon([(E0 + 3000, N0 + 1000), (E0 + 4000, N0 + 1000), (E0 + 3500, N0 + 2000)])]),
        ],
    }
)
loose = [Point(E0 + x, N0 + y) for x, y in zip(RANDOM.uniform(-200, 4200, 300).round(2), RANDOM.uniform(-200, 3200, 300).round(2))]
# On the border between two areas, on the border of a hole, on a corner of three, on a slanted edge, in the hole.
placed = [Point(E0 + x, N0 + y) for x, y in [(1000, 500), (1000, 250), (500, 2000), (1000, 1000), (3250, 1500), (1000, 2000)]]
points = geopandas.GeoDataFrame({"geometry": loose + placed})
points["kind"] = RANDOM.choice(["school", "shop", "Shop", None], len(points), p=[0.4, 0.3, 0.2, 0.1])
points["visitors"] = [None if v % 9 == 0 else int(v) for v in RANDOM.integers(0, 900, len(points))]
points["visitors"] = points["visitors"].astype(object)
points["rating"] = RANDOM.uniform(1, 5, len(points)).round(2)
points["opened"] = [int(v) for v in RANDOM.integers(0, 1_700_000_000, len(points)) * 1000]

joined = geopandas.sjoin(areas, points, predicate="intersects").sort_values("index_right")


def aggregated(name):
    members = joined[joined.name == name]
    kinds = [plain(k) for k in members.kind]
    groups = {}
    for kind, visitors in zip(kinds, members.visitors):
        groups.setdefault(kind, []).append(visitors)
    rows = [{"kind": k, "count": len(v), "percent": 100 * len(v) / len(kinds), "visitors": statistics(v)} for k, v in groups.items()]
    by_rank = sorted(rows, key=lambda r: (r["kind"] is None, r["kind"] or ""))
    return {
        "name": name,
        "count": len(members),
        "visitors": statistics(members.visitors),
        "rating": statistics(members.rating),
        "opened": {"min": plain(members.opened.min()) if len(members) else None, "max": plain(members.opened.max()) if len(members) else None},
        "groups": rows,
        "majority": max(by_rank, key=lambda r: r["count"])["kind"] if rows else None,
        "minority": min(by_rank, key=lambda r: r["count"])["kind"] if rows else None,
    }


# --- bins ---------------------------------------------------------------------------------------------------------------


def hexagon(x, y, size):
    side = size / math.sqrt(3)
    return Polygon([(x + side * math.cos(math.radians(a)), y + side * math.sin(math.radians(a))) for a in range(0, 360, 60)])


def bins(places, kind, size):
    """Counts by the bin's centre: of squares by division, of hexagons by Shapely's distances to all of them."""
    counts = {}
    if kind == "Square":
        for x, y in places:
            centre = ((math.floor(x / size) + 0.5) * size, (math.floor(y / size) + 0.5) * size)
            counts[centre] = counts.get(centre, 0) + 1
    else:
        width = size * math.sqrt(3) / 2
        xs, ys = [p[0] for p in places], [p[1] for p in places]
        lattice = []
        for column in range(math.floor(min(xs) / width) - 1, math.ceil(max(xs) / width) + 2):
            for row in range(math.floor(min(ys) / size) - 1, math.ceil(max(ys) / size) + 2):
                lattice.append((column * width, (row + 0.5 * (column % 2)) * size))
        frame = geopandas.GeoDataFrame({"centre": lattice, "geometry": [hexagon(*c, size) for c in lattice]})
        found = geopandas.sjoin(frame, geopandas.GeoDataFrame(geometry=[Point(p) for p in places]), predicate="contains")
        counts = found.groupby("centre").size().to_dict()
    return [[list(centre), int(count)] for centre, count in sorted(counts.items())]


cities = [(lon, lat) for lon, lat in zip(RANDOM.uniform(5, 25, 200).round(4), RANDOM.uniform(57, 70, 200).round(4))]
south, north = min(c[1] for c in cities), max(c[1] for c in cities)
equal_area = Proj(proj="cea", ellps="WGS84", lat_ts=(south + north) / 2)
planar = [(p.x, p.y) for p in loose]

print(
    json.dumps(
        {
            "dissolve": {
                "features": esri(parcels),
                "byZone": dissolved(parcels, ["zone"]),
                "byZoneAndLevel": dissolved(parcels, ["zone", "level"]),
                "all": dissolved(parcels, []),
            },
            "aggregate": {
                "areas": esri(areas),
                "points": esri(points),
                "expected": [aggregated(name) for name in areas.name],
            },
            "bins": {
                "planar": {kind: {"size": 400.0, "counts": bins(planar, kind, 400.0)} for kind in ("Square", "Hexagon")},
                "geographic": {
                    "points": cities,
                    **{
                        kind: {
                            "size": 150e3,
                            "counts": [
                                [list(equal_area(*centre, inverse=True)), count]
                                for centre, count in bins([equal_area(*c) for c in cities], kind, 150e3)
                            ],
                        }
                        for kind in ("Square", "Hexagon")
                    },
                },
            },
        },
        separators=(",", ":"),
    )
)
