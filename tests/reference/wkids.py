"""Which well-known IDs are degrees, and how long the unit of the others is, by PROJ's database.

    pip install pyproj==3.7.2
    python tests/reference/wkids.py > crates/arcgis-analysis-engine/src/spatial_reference/wkids.txt
"""

import math
import warnings

from pyproj import CRS, proj_version_str
from pyproj.database import query_crs_info
from pyproj.enums import PJType

warnings.filterwarnings("ignore")

kinds = {}
for authority in ("ESRI", "EPSG"):  # where both have a code, EPSG's is the one on the wire
    for info in query_crs_info(
        auth_name=authority,
        pj_types=[PJType.PROJECTED_CRS, PJType.GEOGRAPHIC_2D_CRS],
        allow_deprecated=True,
    ):
        crs = CRS.from_authority(authority, info.code)
        unit = crs.axis_info[0].unit_conversion_factor
        if info.type == PJType.PROJECTED_CRS:
            kind = repr(unit)
        else:
            meridian = crs.prime_meridian
            offset = meridian.longitude * meridian.unit_conversion_factor if meridian else 0.0
            earth = 6.35e6 < crs.ellipsoid.semi_major_metre < 6.4e6  # the Moon has codes too
            usual = earth and math.isclose(unit, math.pi / 180, rel_tol=1e-12) and offset == 0.0
            kind = "degrees" if usual else "other"
        kinds[int(info.code)] = kind

runs = {}
previous = None
for code in sorted(kinds):
    kind = kinds[code]
    spans = runs.setdefault(kind, [])
    if kind == previous:
        spans[-1][1] = code
    else:
        spans.append([code, code])
    previous = kind

print("# Well-known IDs by unit: degrees from Greenwich, or the length of the unit in metres.")
print(f"# From the EPSG and Esri codes in PROJ {proj_version_str}, by tests/reference/wkids.py; do not edit by hand.")
for kind in sorted(runs, key=lambda kind: -len(runs[kind])):
    if kind != "other":
        spans = (str(a) if a == b else f"{a}-{b}" for a, b in runs[kind])
        print(kind, *spans)
