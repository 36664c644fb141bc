"""Queries of layers for the local service's tests, by DuckDB, NumPy and Shapely.

    pip install duckdb==2.0.1 numpy==2.4.6 shapely==2.2.0
    python tests/reference/local_queries.py > tests/reference/local_queries.json

Percentiles and groups with a condition are those of DuckDB's SQL, percentiles checked here against NumPy's. Lines with fewer
vertices are those of Shapely, without regard to topology; places on a grid are rounded by NumPy; centres are Shapely's. Rows,
lines and polygons travel with the figures.
"""

import json

import duckdb
import numpy as np
from shapely import LineString, MultiPolygon, Polygon, box
from shapely.geometry import mapping

RANDOM = np.random.default_rng(29)

rows = [
    {
        "ID": i + 1,
        "KIND": [None, "a", "b", "c", "d"][int(RANDOM.integers(0, 5))],
        "WHOLE": None if RANDOM.random() < 0.15 else int(RANDOM.integers(-50, 50)),
        "REAL": None if RANDOM.random() < 0.15 else round(float(RANDOM.normal(10, 4)), 3),
        "SEEN": int(RANDOM.integers(0, 1_700_000_000)) * 1000,
    }
    for i in range(150)
]
database = duckdb.connect()
database.execute("CREATE TABLE rows (ID INTEGER, KIND VARCHAR, WHOLE INTEGER, REAL DOUBLE, SEEN BIGINT)")
database.executemany("INSERT INTO rows VALUES (?, ?, ?, ?, ?)", [list(row.values()) for row in rows])

percentiles = []
for field in ("WHOLE", "REAL", "SEEN"):
    values = np.array([row[field] for row in rows if row[field] is not None], dtype=float)
    for share in (0.0, 0.1, 0.25, 0.5, 0.9, 1.0):
        # DuckDB takes the 0th from the end for the 0th.
        for order in ("ASC", "DESC") if share else ("ASC",):
            found = {}
            for kind in ("CONT", "DISC"):
                sql = f"SELECT PERCENTILE_{kind}({share}) WITHIN GROUP (ORDER BY {field} {order}) FROM rows"
                found[kind] = float(database.execute(sql).fetchone()[0])
                sign = 1 if order == "ASC" else -1
                method = {"CONT": "linear", "DISC": "inverted_cdf"}[kind]
                assert abs(sign * np.quantile(sign * values, share, method=method) - found[kind]) <= 1e-9 * abs(found[kind]), (field, share, order, kind)
            percentiles.append({"field": field, "share": share, "order": order, **found})

having = []
for condition in (
    "COUNT(*) > 29",
    "SUM(WHOLE) < 0",
    "avg(REAL) > 10 AND MIN(WHOLE) <= -46",
    "total > 0 OR KIND IS NULL",
    "MAX(REAL) - MIN(REAL) > 17.5",
    "VAR(REAL) BETWEEN 18 AND 19",
):
    sql = condition.replace("VAR(", "VAR_SAMP(").replace("total", "SUM(WHOLE)")
    kinds = database.execute(f"SELECT KIND FROM rows GROUP BY KIND HAVING {sql} ORDER BY KIND NULLS FIRST").fetchall()
    assert 0 < len(kinds) < 5, (condition, kinds)
    having.append([condition, [kind for kind, in kinds]])

walks = [np.cumsum(RANDOM.normal(0, 1, (60, 2)), axis=0).round(3) for _ in range(6)]
lines = [[list(p) for p in walk.tolist()] for walk in walks]
simplified = [[offset, [[list(p) for p in LineString(line).simplify(offset, preserve_topology=False).coords] for line in lines]] for offset in (0.5, 1.5, 4.0)]


def ring(x, y, size):
    angles = np.sort(RANDOM.uniform(0, 2 * np.pi, 24))
    return [(round(x + size * np.cos(a), 3), round(y + size * np.sin(a), 3)) for a in angles]


polygons = [
    Polygon(ring(10, 20, 5)),
    Polygon(ring(-30, 12, 8), [[(-31, 11), (-29, 11), (-29, 13), (-31, 13)]]),
    MultiPolygon([Polygon(ring(60, 40, 3)), box(70, 40, 75, 41)]),
]
assert all(p.is_valid for p in polygons)
centres = [[p.centroid.x, p.centroid.y] for p in polygons]

step, corner = 0.3701, (-45.5, 51.25)  # the upper left
places = [np.round([[(x - corner[0]) / step, (corner[1] - y) / step] for x, y in line]).astype(int).tolist() for line in lines]

print(
    json.dumps(
        {
            "rows": rows,
            "percentiles": percentiles,
            "having": having,
            "lines": lines,
            "simplified": simplified,
            "polygons": [mapping(p) for p in polygons],
            "centres": centres,
            "grid": {"step": step, "corner": corner, "places": places},
        },
        separators=(",", ":"),
    )
)
