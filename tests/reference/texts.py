"""Names of datums in well-known text, by PROJ's database, and places to hold changes by such texts against.

    pip install pyproj==3.7.2
    python tests/reference/texts.py

Writes crates/arcgis-analysis-engine/src/spatial_reference/datums.txt and tests/reference/engine_texts.json. The places are
those of PROJ without its grids, by the text as it is and not by the ID that it was made of.
"""

import json
import re
import warnings
from pathlib import Path

from pyproj import CRS, Transformer, network, proj_version_str
from pyproj.aoi import AreaOfInterest
from pyproj.exceptions import CRSError

warnings.filterwarnings("ignore")
network.set_network_enabled(False)
TESTS = Path(__file__).parent.parent
FOLDER = TESTS.parent / "crates/arcgis-analysis-engine/src/spatial_reference"
HEAD = f"""\
# Datums by their names in well-known text: the well-known ID of a geographic reference on the datum, the semi-major axis and
# the inverse flattening of its ellipsoid, and the names, those of Esri without the D_.
# From the EPSG and Esri codes in PROJ {proj_version_str}, by tests/reference/texts.py; do not edit by hand.
"""
ESRI, OGC = "WKT1_ESRI", "WKT1_GDAL"
# Each stands for a way to project: transverse Mercator, Lambert conic with two and one parallel, Albers, double stereographic,
# Swiss oblique Mercator, polar stereographic, Mercator, azimuthal equal-area, and feet.
CHOSEN = [25833, 32733, 31467, 27700, 2180, 2193, 28355, 3067, 5186, 2154, 3347, 31287, 31370, 26985, 2227, 2263, 24200, 5070]
CHOSEN += [3577, 102001, 28992, 2056, 21781, 3413, 3031, 32661, 3395, 3035, 54030, 54009, 4277, 4269, 29902, 27572, 29702]
# NAD 27, from which no transformation without a grid leads to within the ten metres that the engine asks for.
REFUSED = [26715]


def crs_of(code):
    for authority in ("EPSG", "ESRI"):
        try:
            return CRS.from_authority(authority, code)
        except CRSError:
            pass
    raise KeyError(code)


def text_of(crs, version):
    """As a file has it that names no ID."""
    try:
        return re.sub(r',AUTHORITY\["[^"]*","[^"]*"\]', "", crs.to_wkt(version) or "")
    except CRSError:
        return ""


def datums():
    rows, taken = [], set()
    lines = [line.split() for line in (FOLDER / "projections.txt").read_text().splitlines() if not line.startswith("#")]
    # Where several references have a datum of one name, that whose shift is known.
    lines = [line for line in lines if line[1].startswith("+")]
    for line in sorted(lines, key=lambda line: (not line[-1].startswith("+towgs84="), int(line[0]))):
        crs = crs_of(int(line[0]))
        names = []
        for version in (ESRI, OGC):
            found = re.search(r'DATUM\["([^"]*)"', text_of(crs, version))
            name = found and re.sub(r"^D_", "", found.group(1))
            if name and " " not in name and not re.match("(?i)unknown|unnamed|not_spec", name) and name.lower() not in taken:
                taken.add(name.lower())
                names.append(name)
        shape = crs.ellipsoid
        if names:
            rows.append((int(line[0]), f"{line[0]} {shape.semi_major_metre!r} {shape.inverse_flattening!r} {' '.join(names)}"))
    (FOLDER / "datums.txt").write_text(HEAD + "".join(f"{row}\n" for _, row in sorted(rows)))


def places():
    cases = []
    for code in CHOSEN + REFUSED:
        crs = crs_of(code)
        west, south, east, north = crs.area_of_use.bounds if crs.area_of_use else (-170, -80, 170, 80)
        south, north = max(south, -89.0), min(north, 89.0)
        at = [[round(west + x * (east - west), 4), round(south + y * (north - south), 4)] for x, y in ((0.5, 0.5), (0.3, 0.7))]
        for version in (ESRI, OGC):
            text = text_of(crs, version)
            read = CRS.from_wkt(text)
            area = AreaOfInterest(west, south, east, north)
            change = Transformer.from_crs(4326, read, always_xy=True, area_of_interest=area, allow_ballpark=False)
            found = [[lon, lat, *change.transform(lon, lat)] for lon, lat in at]
            cases.append({"made_of": code, "text": text, "places": [] if code in REFUSED else found})
    lines = ",\n".join(json.dumps(case) for case in cases)
    (TESTS / "reference/engine_texts.json").write_text(f"[\n{lines}\n]\n")
    print(len(cases), "texts")


datums()
places()
