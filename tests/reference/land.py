"""The land of the sample countries as the maps show it behind the features: rings of twentieths of a degree.

    pip install shapely==2.2.0
    python tests/reference/land.py > crates/arcgis-analysis/src/output/map/land.json
"""

import json
from pathlib import Path

import shapely
from shapely.geometry import shape

countries = json.loads((Path(__file__).parent.parent / "data" / "countries.geojson").read_text())
land = shapely.unary_union([shape(feature["geometry"]).buffer(0.001) for feature in countries["features"]])
land = shapely.simplify(land, 0.03)


def ring(points):
    """Longitudes and latitudes in turn; a point that repeats the one before is left out."""
    kept = []
    for lon, lat in points:
        point = (round(lon * 20), round(lat * 20))
        if not kept or kept[-1] != point:
            kept.append(point)
    return [number for point in kept for number in point]


rings = [ring(r.coords) for part in land.geoms for r in (part.exterior, *part.interiors)]
print("[" + ",\n".join(json.dumps(r, separators=(",", ":")) for r in rings if len(r) >= 8) + "]")
