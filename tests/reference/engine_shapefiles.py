"""Shapefiles for the engine's tests, written by GDAL and by pyshp, with what GeoPandas reads in them.

    pip install geopandas==1.2.0 pyogrio pyshp==3.1.6
    python tests/reference/engine_shapefiles.py > tests/reference/engine_shapefiles.json

Each archive travels in base64. Dates are given in milliseconds since 1970.
"""

import base64
import datetime
import io
import json
import tempfile
import warnings
import zipfile
from pathlib import Path

import geopandas
import pandas
import pyogrio
import shapefile
from shapely import MultiLineString, MultiPoint, MultiPolygon, Point, Polygon, box, to_geojson
from shapely.geometry.polygon import orient

warnings.filterwarnings("ignore")


def esri(polygon):
    """Outer rings clockwise, as both formats of Esri's have them."""
    return orient(polygon, -1.0)


holed = esri(Polygon(box(7, 46, 9, 48).exterior, [box(7.5, 46.5, 8, 47).exterior, box(8.25, 47.25, 8.75, 47.75).exterior]))
parted = MultiPolygon([holed, esri(box(10, 46, 11, 47))])
AREAS = {
    "NAME": ["Zürich", "Łódź", None],
    "POP": [421878, -7, None],
    "BIG": [9007199254740991, 5000000000, None],
    "SHARE": [0.1, -1234.5678, None],
    "geometry": [parted, esri(box(-3, 40, -2, 41)), None],
}


def gdal(crs=4326, encoding="UTF-8", columns=AREAS, cpg=True):
    frame = geopandas.GeoDataFrame(columns, crs=4326).to_crs(crs)
    frame["POP"] = frame["POP"].astype("Int32") if "POP" in frame else None
    frame["BIG"] = frame["BIG"].astype("Int64") if "BIG" in frame else None
    frame = frame.dropna(axis=1, how="all")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "places.shp"
        pyogrio.write_dataframe(frame, path, encoding=encoding)
        if not cpg:
            path.with_suffix(".cpg").unlink()
        return pack(folder), read(path, encoding)


def read(path, encoding):
    frame = geopandas.read_file(path, encoding=encoding)
    rows = []
    for row in frame.to_dict("records"):
        shape = row.pop("geometry")
        rows.append({"attributes": {n: plain(v) for n, v in row.items()}, "geometry": shape and json.loads(to_geojson(shape))})
    return rows


def plain(value):
    if value is None or value is pandas.NaT or value != value:
        return None
    if isinstance(value, (datetime.date, pandas.Timestamp)):
        return int(pandas.Timestamp(value).timestamp() * 1000)
    value = value.item() if hasattr(value, "item") else value
    return int(value) if isinstance(value, bool) else value


def pack(folder, within=""):
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(Path(folder).iterdir()):
            archive.writestr(zipfile.ZipInfo(within + path.name), path.read_bytes(), zipfile.ZIP_DEFLATED)
    return base64.b64encode(written.getvalue()).decode()


def pyshp():
    """As Esri's Python client writes data frames: floats for whole numbers, no code page, and no spatial reference."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "frame.shp"
        with shapefile.Writer(path, shapeType=shapefile.POINT) as file:
            file.field("name", size=255)
            file.field("count", "F", size=19, decimal=11)
            file.field("small", "N", size=5)
            file.field("seen", "D", size=8)
            file.field("open", "L", size=1)
            for x, row in enumerate([["Genève", 20385612, 5, datetime.date(2021, 1, 2), True], ["日本", 0.25, None, datetime.date(1899, 12, 31), False], [None] * 5]):
                file.point(x, 46.5)
                file.record(*row)
        # GDAL takes what has no code page for Latin 1, unless it is told.
        rows = read(path, "UTF-8")
        # Which is not set, as dBase has it by a question mark; GDAL takes it for false.
        rows[2]["attributes"]["open"] = None
        return pack(folder, "folder/"), rows


def one(geometry):
    return gdal(columns={"ID": [1], "geometry": [geometry]})


LATIN = AREAS | {"NAME": ["Zürich", "Genève", None]}
cases = {
    "gdal": gdal(),
    "gdal_utm": gdal(32632),
    "gdal_mercator": gdal(3857),
    "gdal_lambert": gdal(2154),
    "gdal_latin": gdal(encoding="ISO-8859-1", columns=LATIN),
    "gdal_latin_by_mark": gdal(encoding="ISO-8859-1", columns=LATIN, cpg=False),
    "lines": one(MultiLineString([[(0, 0), (1, 1)], [(5, 5), (6, 7), (8, 9)]])),
    "points": one(MultiPoint([(1, 2), (3, 4)])),
    "heights": one(Point(1, 2, 3)),
    "pyshp": pyshp(),
}
print(json.dumps({name: {"archive": archive, "features": features} for name, (archive, features) in cases.items()}, ensure_ascii=False))
