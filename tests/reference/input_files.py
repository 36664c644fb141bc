"""Small files of features in the formats that people have them in, and what is in them.

    pip install geopandas==1.2.0 pyogrio==0.13.0 pyarrow==26.0.1 shapely==2.2.0
    python tests/reference/input_files.py

Writes tests/data/inputs/* by GeoPandas, pandas and GDAL (through pyogrio), and beside them input_files.json: for each
file the features as GeoJSON, in the file's own coordinates and with instants in milliseconds since 1970, the EPSG code,
and the type of each field, which is that of the data frame's column.
"""

import datetime
import decimal
import json
from pathlib import Path

import geopandas
import pandas
import pyogrio
from shapely import Point, wkt
from shapely.geometry import mapping

folder = Path(__file__).parent.parent / "data" / "inputs"
folder.mkdir(exist_ok=True)
# GDAL does not write over a CSV file.
for old in folder.iterdir():
    old.unlink()
expected = {}

ESRI = {
    "int8": "SmallInteger",
    "bool": "SmallInteger",
    "int16": "SmallInteger",
    "int32": "Integer",
    "Int32": "Integer",
    "int64": "BigInteger",
    "UInt32": "BigInteger",
    "float32": "Single",
    "float64": "Double",
    "object": "String",
    "str": "String",
}


def esri_type(dtype):
    return "Date" if str(dtype).startswith("datetime") else ESRI[str(dtype)]


def value(v):
    """A value as JSON has it."""
    if v is None or v is pandas.NaT or (not isinstance(v, str) and pandas.isna(v)):
        return None
    if isinstance(v, pandas.Timestamp):
        return v.value // 1_000_000 if v.tz is None else v.tz_convert("UTC").value // 1_000_000
    v = v.item() if hasattr(v, "item") else v
    return int(v) if isinstance(v, bool) else v


def note(name, frame, fields, epsg, same_as_columns=()):
    """What a reader is to find in the file."""
    columns = [c for c in frame.columns if c != "geometry"]
    expected[name] = {
        "epsg": epsg,
        "fields": {c: fields[c] for c in columns},
        "geojson": {
            "type": "FeatureCollection",
            **({"crs": {"type": "name", "properties": {"name": f"EPSG:{epsg}"}}} if epsg else {}),
            "features": [
                {
                    "type": "Feature",
                    "geometry": None if g is None or g.is_empty else mapping(g),
                    "properties": {c: value(row[c]) for c in columns},
                }
                for (_, row), g in zip(frame.iterrows(), frame.get("geometry", [None] * len(frame)))
            ],
        },
    }


def types(frame):
    return {c: esri_type(t) for c, t in frame.dtypes.items() if c != "geometry"}


# A frame with every type, nulls, and characters that need quotes or more than one byte.
places = pandas.DataFrame(
    {
        "name": ["Basel", 'Zürich, "Züri"', "Genève\n(Genf)", None, "東京"],
        "code": ["01067", "80331", "00000", "1", ""],
        "pop": pandas.array([173232, 421878, None, -1, 14000000], dtype="Int32"),
        "big": [2**53, -(2**40), 0, 1, 2],
        "share": [0.1, -2.5e-7, float("nan"), 1e21, 3.0],
        "when": pandas.to_datetime(
            ["2024-02-29T12:34:56", "1969-12-31T23:59:59.5", None, "2000-01-01", "1900-03-01T00:00:00"], format="ISO8601"
        ),
        "longitude": [7.5886, 8.5417, 6.1432, -179.999999, 139.6917],
        "latitude": [47.5596, 47.3769, 46.2044, -89.5, 35.6895],
    }
)
points = geopandas.GeoDataFrame(places, geometry=geopandas.points_from_xy(places.longitude, places.latitude), crs=4326)
fields = {**types(places), "code": "String"}

# CSV has no null but the empty value, and no type: what all values can be counts.
as_csv = points.copy()
as_csv["code"] = as_csv["code"].replace("", None)
csv_fields = {**fields, "pop": "Integer", "big": "BigInteger"}
places.to_csv(folder / "places.csv", index=False)
note("places.csv", as_csv, csv_fields, 4326)

european = places.rename(columns={"longitude": "X", "latitude": "Y"})
european.to_csv(folder / "places-semicolon.csv", index=False, sep=";", decimal=",", encoding="utf-8-sig", lineterminator="\r\n")
note("places-semicolon.csv", as_csv.rename(columns={"longitude": "X", "latitude": "Y"}), {**csv_fields, "X": "Double", "Y": "Double"}, 4326)

# GDAL writes coordinates first, and well-known text.
pyogrio.write_dataframe(points[["name", "pop", "geometry"]], folder / "places-gdal.csv", driver="CSV", layer_options={"GEOMETRY": "AS_XY", "SEPARATOR": "TAB"})
gdal = points[["name", "pop", "geometry"]].copy()
gdal.insert(0, "X", gdal.geometry.x)
gdal.insert(1, "Y", gdal.geometry.y)
note("places-gdal.csv", gdal, {"X": "Double", "Y": "Double", "name": "String", "pop": "Integer"}, 4326)

# GeoPandas writes the index, without a name, and the geometry as well-known text.
shapes = geopandas.GeoDataFrame(
    {"id": pandas.array([1, 2, 3, 4], dtype="int32"), "kind": ["hole", "parts", "none", "corner"]},
    geometry=[
        wkt.loads("POLYGON ((0 0, 10 0, 10 10, 0 10, 0 0), (2 2, 2 4, 4 4, 4 2, 2 2))"),
        wkt.loads("MULTIPOLYGON (((20 0, 21 0, 21 1, 20 0)), ((30 0, 30 5, 35 5, 30 0), (31 2, 31 3, 32 4, 31 2)))"),
        None,
        wkt.loads("POLYGON ((-180 -90, -179 -90, -180 -89, -180 -90))"),
    ],
    crs=4326,
)
shapes.to_csv(folder / "shapes.csv")
indexed = shapes.copy()
indexed.insert(0, "field_1", range(4))
note("shapes.csv", indexed, {"field_1": "Integer", "id": "Integer", "kind": "String"}, 4326)

# FlatGeobuf: every type, nulls, instants with and without a zone.
typed = points[["name", "big", "share", "when", "geometry"]].copy()
typed["small"] = pandas.array([1, -2, 3, 4, 32767], dtype="int16")
typed["single"] = pandas.array([0.5, 0.1, -1.0, 1e30, 0.0], dtype="float32")
typed["open"] = [True, False, True, False, True]
typed["pop"] = points["pop"]
typed["zoned"] = pandas.to_datetime(["2024-02-29T12:34:56+02:00", "2024-07-01T00:00:00+02:00", None, "2024-07-01T00:00:00.25+02:00", "2024-07-01T00:00:00+02:00"], format="ISO8601", utc=False)
# With an index GDAL puts the features in the order of a curve.
pyogrio.write_dataframe(typed, folder / "places.fgb", driver="FlatGeobuf", layer_options={"SPATIAL_INDEX": "NO"})
note("places.fgb", typed, types(typed), 4326)
pyogrio.write_dataframe(shapes, folder / "shapes.fgb", driver="FlatGeobuf", layer_options={"SPATIAL_INDEX": "NO"}, promote_to_multi=False)
note("shapes.fgb", shapes, types(shapes), 4326)

# With an index: read back by GDAL, whose order is that of the file.
national = geopandas.read_file(Path(__file__).parent.parent / "data" / "populated-places.geojson").iloc[::10].to_crs(3857)
pyogrio.write_dataframe(national, folder / "mercator.fgb", driver="FlatGeobuf", layer_options={"SPATIAL_INDEX": "YES"})
note("mercator.fgb", pyogrio.read_dataframe(folder / "mercator.fgb"), {"name": "String"}, 3857)

one = geopandas.GeoDataFrame({"n": pandas.array([7], dtype="int32")}, geometry=[Point(1.0, 2.0)], crs=4326)
pyogrio.write_dataframe(one, folder / "one.fgb", driver="FlatGeobuf", layer_options={"SPATIAL_INDEX": "YES"})
note("one.fgb", one, {"n": "Integer"}, 4326)

# Heights, on the British National Grid.
lines = geopandas.GeoDataFrame(
    {"road": ["A1", "B2"]},
    geometry=[
        wkt.loads("LINESTRING Z (530000 180000 10, 530100.25 180200.5 12.5, 530300 180300 15)"),
        wkt.loads("MULTILINESTRING Z ((531000 181000 1, 531001 181001 2), (532000 181000 3, 532001 181001 4, 532002 181000 5))"),
    ],
    crs=27700,
)
pyogrio.write_dataframe(lines, folder / "roads-z.fgb", driver="FlatGeobuf", layer_options={"SPATIAL_INDEX": "NO"}, promote_to_multi=True)
note("roads-z.fgb", lines, {"road": "String"}, 27700)

multipoints = geopandas.GeoDataFrame({"n": [1.5]}, geometry=[wkt.loads("MULTIPOINT ((1 2), (3 4))")], crs=4326)
pyogrio.write_dataframe(multipoints, folder / "multipoints.fgb", driver="FlatGeobuf")
note("multipoints.fgb", multipoints, {"n": "Double"}, 4326)

# What a reader is to refuse: several types of geometry, and no coordinate reference system.
mixed = geopandas.GeoDataFrame({"n": [1, 2]}, geometry=[Point(0, 0), wkt.loads("LINESTRING (0 0, 1 1)")], crs=4326)
pyogrio.write_dataframe(mixed, folder / "mixed.fgb", driver="FlatGeobuf", layer_options={"SPATIAL_INDEX": "NO"})
pyogrio.write_dataframe(one.set_crs(None, allow_override=True), folder / "no-crs.fgb", driver="FlatGeobuf")
# GeoParquet, as GeoPandas writes it: WGS 84 with boxes, another system by Zstandard, an index of names, no system at all.
typed["day"] = [datetime.date(2024, 2, 29), None, datetime.date(1969, 12, 31), datetime.date(1900, 1, 1), datetime.date(2000, 1, 1)]
typed["price"] = [decimal.Decimal("12.34"), decimal.Decimal("-0.01"), None, decimal.Decimal("9999999.99"), decimal.Decimal("0.00")]
typed["count"] = pandas.array([0, 4294967295, None, 1, 2], dtype="UInt32")
typed["exact"] = pandas.array(typed["when"], dtype="datetime64[ns]")
types_of_parquet = {**types(typed), "day": "Date", "price": "Double", "count": "BigInteger"}
typed.to_parquet(folder / "places.parquet", write_covering_bbox=True)
as_read = typed.copy()
midnight = {d: None if d is None else (d - datetime.date(1970, 1, 1)).days * 86_400_000 for d in typed["day"]}
as_read["day"] = pandas.Series([midnight[d] for d in typed["day"]], dtype=object)
as_read["price"] = pandas.Series([None if p is None else float(p) for p in typed["price"]], dtype=object)
note("places.parquet", as_read, types_of_parquet, 4326)
shapes.to_parquet(folder / "shapes.parquet", compression="gzip", row_group_size=3)
note("shapes.parquet", shapes, types(shapes), 4326)
lines.to_parquet(folder / "roads-z.parquet", compression="zstd", schema_version="1.0.0")
note("roads-z.parquet", lines, {"road": "String"}, 27700)
multipoints.to_parquet(folder / "multipoints.parquet", compression="lz4")
note("multipoints.parquet", multipoints, {"n": "Double"}, 4326)
one.set_crs(None, allow_override=True).to_parquet(folder / "no-crs.parquet")
one.to_parquet(folder / "brotli.parquet", compression="brotli")
one.to_parquet(folder / "arrow.parquet", geometry_encoding="geoarrow")
pandas.DataFrame({"n": [1], "list": [[1, 2]]}).to_parquet(folder / "list.parquet")
pandas.DataFrame({"n": [1], "bytes": [b"x"]}).to_parquet(folder / "bytes.parquet")

table = pandas.DataFrame({"iso": ["CHE", "LIE"], "rate": [0.5, 0.25]})
table.to_csv(folder / "table.csv", index=False)
note("table.csv", table, {"iso": "String", "rate": "Double"}, None)
pyogrio.write_dataframe(table, folder / "table.fgb", driver="FlatGeobuf", layer_options={"SPATIAL_INDEX": "NO"})
note("table.fgb", table, {"iso": "String", "rate": "Double"}, None)
table.to_parquet(folder / "table.parquet")
note("table.parquet", table, {"iso": "String", "rate": "Double"}, None)

out = Path(__file__).parent / "input_files.json"
out.write_text(json.dumps(expected, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
