"""Layers as Esri's Python client takes them, from the data and the references of the engine's own tests."""

import json
from math import isclose
from pathlib import Path

from arcgis.features import FeatureCollection

TESTS = Path(__file__).parent.parent


def reference(name):
    """The figures that an independent program computed, which tests/reference/engine_NAME.py tells."""
    return json.loads((TESTS / "reference" / f"engine_{name}.json").read_text())


def field_type(values):
    known = [value for value in values if value is not None]
    if all(isinstance(value, int) and abs(value) < 2**31 for value in known):
        return "Integer"
    return "Double" if all(isinstance(value, (int, float)) for value in known) else "String"


def layer(features, geometry_type, wkid=4326):
    """A layer of pairs of geometry and attributes; a table where `geometry_type` is None."""
    columns = {}
    for _, attributes in features:
        for name, value in attributes.items():
            columns.setdefault(name, []).append(value)
    fields = [{"name": n, "alias": n, "type": f"esriFieldType{field_type(values)}"} for n, values in columns.items()]
    rows = [{"geometry": g, "attributes": a} if g else {"attributes": a} for g, a in features]
    kind = {"geometryType": f"esriGeometry{geometry_type}"} if geometry_type else {}
    features = {"features": rows, "fields": fields, "spatialReference": {"wkid": wkid}, **kind}
    return FeatureCollection({"layerDefinition": {"fields": fields, **kind}, "featureSet": features})


def point(xy):
    return {"x": xy[0], "y": xy[1]}


def line(path):
    return {"paths": [path]}


def twice_area(ring):
    x, y = ring[0]
    return sum((a[0] - x) * (b[1] - y) - (b[0] - x) * (a[1] - y) for a, b in zip(ring, ring[1:]))


def polygon(*parts):
    """Parts as GeoJSON has them; Esri's outer rings run clockwise, its holes the other way."""
    rings = []
    for part in parts:
        for index, ring in enumerate(part):
            clockwise = twice_area(ring) < 0
            rings.append(ring if clockwise == (index == 0) else ring[::-1])
    return {"rings": rings}


def shape(geometry):
    """A geometry of GeoJSON."""
    kind, coordinates = geometry["type"], geometry["coordinates"]
    drawn = {"Point": point, "LineString": line, "Polygon": lambda c: polygon(c), "MultiPolygon": lambda c: polygon(*c)}
    return drawn[kind](coordinates)


def data(name):
    """Geometries and attributes of tests/data, the attributes with their place in the file and the letters of their name."""
    features = json.loads((TESTS / "data" / f"{name}.geojson").read_text())["features"]
    for index, feature in enumerate(features):
        known = {"i": index, "letters": len(feature["properties"]["name"])}
        yield shape(feature["geometry"]), feature["properties"] | known


def countries(where=lambda attributes: True):
    return layer([(g, a) for g, a in data("countries") if where(a)], "Polygon")


def places():
    return layer(list(data("populated-places")), "Point")


def drawn(features, wkid):
    """Features as the reference scripts write them: a point or rings, and attributes."""
    kind = "Point" if "point" in features[0] else "Polygon"
    return layer([(point(f["point"]) if kind == "Point" else polygon(f["rings"]), f["attributes"]) for f in features], kind, wkid)


def one(found, name):
    """One of the results: the client gives a dictionary, a named tuple, or, of a single one, itself."""
    if isinstance(found, dict):
        return found[name]
    return getattr(found, name) if isinstance(found, tuple) else found


def features(result):
    """The features of a result, whether it travelled or is hosted."""
    result = result.layers[0] if hasattr(result, "layers") and not isinstance(result, FeatureCollection) else result
    return result.query().features


def rows(result):
    return [feature.attributes for feature in features(result)]


def column(result, name):
    return [row[name] for row in rows(result)]


def area(feature):
    """Of a polygon in the plane of its coordinates."""
    return -sum(twice_area(ring) for ring in feature.geometry["rings"]) / 2


def check(what, found, expected, relative=1e-9):
    """Holds a number, or nothing, or a list of these, against what is expected."""
    if isinstance(expected, list):
        assert len(found) == len(expected), f"{what}: {len(found)}, not {len(expected)}"
        for index, pair in enumerate(zip(found, expected)):
            check(f"{what} {index}", *pair, relative)
    elif isinstance(expected, (int, float)):
        assert found is not None and isclose(found, expected, rel_tol=relative, abs_tol=1e-9), f"{what}: {found}, not {expected}"
    else:
        assert found == expected, f"{what}: {found!r}, not {expected!r}"


def check_statistics(what, row, field, expected, relative=1e-9):
    for statistic, value in expected.items():
        check(f"{what}: {statistic}", row[f"{statistic}_{field}"], value, relative)
