"""Spatial references that the engine changes into each other, by PROJ's database, and places to hold these changes against.

    pip install pyproj==3.7.2
    python tests/reference/projections.py

Writes crates/arcgis-analysis-engine/src/spatial_reference/projections.txt and tests/reference/engine_projections.json.

A reference is written only where the engine, which is run for this, puts places of its area to within a millimetre of where
PROJ puts them, and finds them again to within a centimetre. From one datum into another goes the first transformation of PROJ's that holds to ten
metres in most of where its geographic reference is used, needs no grid, and is one shift by seven parameters or fewer.
"""

import json
import re
import subprocess
import warnings
from pathlib import Path

from pyproj import CRS, Transformer, proj_version_str
from pyproj.aoi import AreaOfInterest
from pyproj.database import query_crs_info
from pyproj.enums import PJType
from pyproj.exceptions import CRSError, ProjError
from pyproj.transformer import TransformerGroup

warnings.filterwarnings("ignore")
TESTS = Path(__file__).parent.parent
DEFINITIONS = TESTS.parent / "crates/arcgis-analysis-engine/src/spatial_reference/projections.txt"
HEAD = f"""\
# Spatial references that are changed into each other: the well-known ID, that of the geographic reference below, and the
# projection; of a geographic reference the ellipsoid and the shift from its datum to WGS 84, where one is known.
# From the EPSG and Esri codes in PROJ {proj_version_str}, by tests/reference/projections.py; do not edit by hand.
"""
# Of these the engine's own formulas are used.
OWN = {3857, 3785, 102100, 102113, 900913}


def parts(text):
    return [part for part in text.split() if part not in ("+no_defs", "+type=crs")]


def proj_string(crs):
    try:
        return crs.to_proj4()
    except CRSError:
        return None


def ellipsoid(crs):
    """As PROJ's older strings have it, none for other worlds."""
    shape = crs.ellipsoid
    if shape is None or not 6.35e6 < shape.semi_major_metre < 6.4e6:
        return None
    named = next((part for part in parts(crs.to_proj4()) if part.startswith(("+ellps=", "+datum="))), None)
    if named and named.startswith("+ellps="):
        return named
    known = {"+datum=WGS84": "+ellps=WGS84", "+datum=NAD83": "+ellps=GRS80", "+datum=NAD27": "+ellps=clrk66"}
    if named in known:
        return known[named]
    if shape.inverse_flattening == 0:
        return f"+a={shape.semi_major_metre!r} +b={shape.semi_major_metre!r}"
    return f"+a={shape.semi_major_metre!r} +rf={shape.inverse_flattening!r}"


def shift(transformer):
    """The shift to WGS 84 as `+towgs84`, none where it is not one of seven parameters or fewer."""
    definition = transformer.definition
    if definition == "noop" or not definition:
        return "0,0,0"
    steps = [step.split() for step in re.split(r"\bstep\b", definition.replace("proj=pipeline", ""))]
    moves = []
    for step in steps:
        values = dict(word.split("=", 1) if "=" in word else (word, True) for word in step)
        kind = values.get("proj")
        if kind == "helmert":
            moves.append(values)
        elif kind not in (None, "axisswap", "unitconvert", "push", "pop", "cart", "longlat", "noop"):
            return None
    if not moves:
        return "0,0,0"
    if len(moves) > 1 or "t_epoch" in moves[0] or any(name in moves[0] for name in ("dx", "drx", "theta")) or "inv" in moves[0]:
        return None
    move = moves[0]
    sign = -1 if move.get("convention") == "coordinate_frame" else 1
    if "rx" not in move and "s" not in move:
        return ",".join(move.get(name, "0") for name in "xyz")
    turns = (repr(sign * float(move.get(name, "0"))) for name in ("rx", "ry", "rz"))
    return ",".join([*(move.get(name, "0") for name in "xyz"), *turns, move.get("s", "0")])


def shared(area, other):
    """How much of an area of degrees is in another one."""
    width = (area[2] - area[0]) % 360 or 360
    west = (other[0] - area[0] + 180) % 360 - 180
    east = west + ((other[2] - other[0]) % 360 or 360)
    wide = max(min(width, east) - max(0, west), 0) + max(min(width, east - 360) - max(0, west - 360), 0)
    high = max(min(area[3], other[3]) - max(area[1], other[1]), 0)
    return wide / width * high / ((area[3] - area[1]) or 1)


def shift_to_world(base):
    """The first transformation to WGS 84 that holds to ten metres in most of where the reference is used, and needs no grid."""
    area = base.area_of_use and base.area_of_use.bounds
    group = TransformerGroup(base, CRS.from_epsg(4326), always_xy=True, area_of_interest=area and AreaOfInterest(*area))
    for transformer in group.transformers:
        found = transformer.area_of_use and transformer.area_of_use.bounds
        covers = area is None or found is None or shared(area, found) > 0.6
        if covers and 0 <= transformer.accuracy <= 10 and "Ballpark" not in transformer.description and shift(transformer):
            return transformer
    return None


def places(crs):
    """Longitudes and latitudes of the middle of its area, and of the middles of its quarters."""
    west, south, east, north = crs.area_of_use.bounds if crs.area_of_use else (-170, -80, 170, 80)
    east += 360 * (east < west)
    south, north = max(south, -89.0), min(north, 89.0)
    at = lambda x, y: [round((west + x * (east - west) + 180) % 360 - 180, 4), round(south + y * (north - south), 4)]
    return [at(x, y) for x, y in ((0.5, 0.5), (0.25, 0.25), (0.75, 0.25), (0.25, 0.75), (0.75, 0.75))]


definitions, geographic, wanted = {}, {}, {}
for authority in ("ESRI", "EPSG"):  # where both have a code, EPSG's is the one on the wire
    for info in query_crs_info(authority, [PJType.GEOGRAPHIC_2D_CRS, PJType.PROJECTED_CRS], allow_deprecated=True):
        code, crs = int(info.code), CRS.from_authority(authority, info.code)
        definitions.pop(code, None), wanted.pop(code, None)
        base, string = crs.geodetic_crs, proj_string(crs)
        if code in OWN or not string or not base or "+axis=" in string or "+nadgrids=" in string or not ellipsoid(crs):
            continue
        base_code = base.to_authority(min_confidence=100)
        if base_code is None and base.name != "WGS 84":
            continue
        # With the whole world as its area, PROJ does not know this one by its ID.
        base_code = int(base_code[1]) if base_code else 4326
        if base_code not in geographic:
            to_world = shift_to_world(base)
            geographic[base_code] = (ellipsoid(base), to_world and shift(to_world), to_world)
        _, _, to_world = geographic[base_code]
        if crs.is_projected:
            kept = [p for p in parts(string) if not p.startswith(("+ellps=", "+datum=", "+a=", "+b=", "+rf=", "+towgs84="))]
        elif "+pm=" in string or "+proj=longlat" not in string or base_code != code:
            continue
        else:
            kept = []
        try:
            projected = Transformer.from_crs(base, crs, always_xy=True) if crs.is_projected else None
        except ProjError:  # a definition that PROJ itself refuses
            continue
        figures = []
        for lon, lat in places(crs):
            there = [lon, lat]
            if to_world:
                there = to_world.transform(lon, lat, direction="INVERSE")
            if projected:
                there = projected.transform(*there)
            if all(abs(value) < 1e12 for value in there):
                figures.append([lon, lat, *there])
        if figures:
            definitions[code] = f"{code} {base_code} {' '.join(kept)}" if kept else f"{code}"
            wanted[code] = (figures, base_code, bool(to_world), crs.axis_info[0].unit_conversion_factor if crs.is_projected else None)


def write():
    needed = {wanted[code][1] for code in definitions}
    with open(DEFINITIONS, "w", encoding="utf-8") as file:
        file.write(HEAD)
        for code in sorted(needed | definitions.keys()):
            if code in definitions and " " in definitions[code]:
                print(definitions[code], file=file)
            else:
                shape, moved, _ = geographic[code]
                print(code, shape, *([f"+towgs84={moved}"] if moved else []), file=file)


write()
asked = [
    # Where the datum's shift is not known, within the datum.
    f"{4326 if shifted else base} {code} {lon!r} {lat!r}"
    for code, (figures, base, shifted, _) in wanted.items()
    if shifted or base != code
    for lon, lat, *_ in figures
]
subprocess.run(["cargo", "build", "--quiet", "--workspace", "--example", "change_reference"], check=True)
command = [TESTS.parent / "target/debug/examples/change_reference"]
answers = iter(subprocess.run(command, input="\n".join(asked), capture_output=True, text=True, check=True).stdout.splitlines())
left_out = {}
for code, (figures, base, shifted, unit) in list(wanted.items()):
    if not shifted and base == code:
        continue
    for lon, lat, x, y in figures:
        answer = next(answers)
        if answer.startswith("refused"):
            left_out[code] = answer
            continue
        ours_x, ours_y, back_lon, back_lat = map(float, answer.split())
        metres = unit or 111_320.0
        away = max(abs(ours_x - x), abs(ours_y - y)) * metres
        turned = abs((back_lon - lon + 180) % 360 - 180)
        if away > 1e-3 or max(turned, abs(back_lat - lat)) > 1e-7:
            left_out[code] = f"{away:.6f} m, back {turned:.2e} {abs(back_lat - lat):.2e} degrees"
for code in left_out:
    definitions.pop(code)
write()
print(len(definitions), "written,", len(left_out), "left out")
(TESTS.parent / "target/projections-left-out.json").write_text(json.dumps(left_out, indent=1))
# Every fortieth reference, and those that many use.
many = {2056, 2154, 2180, 2193, 3031, 3035, 3067, 3347, 3395, 3413, 3577, 3978, 4258, 4269, 4283, 4277, 4283, 4230, 5070, 5186, 5514, 7844}
many |= {6933, 21781, 23032, 25832, 26918, 27700, 28355, 28992, 29903, 31287, 31370, 31467, 32119, 32633, 32733, 27572, 2227, 2263, 3857}
many |= {54008, 54009, 54030, 54034, 102001, 102003, 102008, 102014, 102025, 102033, 102039}
chosen = [code for index, code in enumerate(sorted(definitions)) if (index % 40 == 0 or code in many) and code in wanted]
reference = [
    {"wkid": code, "from": 4326 if wanted[code][2] else wanted[code][1], "places": wanted[code][0][:3]}
    for code in chosen
    if wanted[code][2] or wanted[code][1] != code
]
lines = ",\n".join(json.dumps(row) for row in reference)
(TESTS / "reference/engine_projections.json").write_text(f"[\n{lines}\n]\n")
