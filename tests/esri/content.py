"""Esri's Python client makes content: items, services published from them, and changes of features.

    python content.py PORTAL USERNAME PASSWORD
"""

import json
import sys
import tempfile
import warnings
from pathlib import Path

warnings.filterwarnings("ignore")

import arcgis
import pandas
from arcgis.features import FeatureCollection
from arcgis.geoprocessing._uploads import Uploads
from arcgis.gis import GIS, ItemProperties

from layers import TESTS, check, layer, places, point

gis = GIS(*sys.argv[1:4], verify_cert=False)
arcgis.env.active_gis = gis
root = gis.content.folders.get()

TOWNS = [("Basel", 173232, 47.56, 7.59), ("Bern", 134591, 46.95, 7.45), ("Genève", 203856, 46.2, 6.15)]
TABLE = "name,pop,lat,lon\n" + "".join(f"{name},{pop},{y},{x}\n" for name, pop, y, x in TOWNS)


def in_order(feature_layer, field="pop"):
    return sorted((f.attributes for f in feature_layer.query().features), key=lambda a: a[field])


def refused(call, said):
    try:
        call()
    except Exception as refusal:
        assert said in str(refusal), refusal
    else:
        raise AssertionError(f"not refused: {said}")


# A table of coordinates: added as an item, published, changed, and gone.
with tempfile.TemporaryDirectory() as folder:
    path = Path(folder) / "towns.csv"
    path.write_text(TABLE)
    item = root.add(ItemProperties(title="Swiss towns", item_type="CSV", tags=["towns", "cities"], snippet="Three"), file=str(path)).result()
    assert (item.type, item.title, item.tags, item.snippet) == ("CSV", "Swiss towns", ["towns", "cities"], "Three"), item
    assert Path(item.download(folder, "back.csv")).read_text() == TABLE
    older = gis.content.add({"title": "Older way", "type": "CSV"}, data=str(path))
    assert older.type == "CSV" and older.delete()
found = gis.content.search("title:Swiss")
assert [one.id for one in found] == [item.id], found

service = item.publish()
towns = service.layers[0]
assert (service.type, towns.properties.geometryType) == ("Feature Service", "esriGeometryPoint"), service
rows = in_order(towns)
assert [(row["name"], row["pop"]) for row in rows] == [("Bern", 134591), ("Basel", 173232), ("Genève", 203856)], rows
places_of = {f.attributes["name"]: f.geometry for f in towns.query(out_sr=4326).features}
for name, _, y, x in TOWNS:
    check(name, [places_of[name]["x"], places_of[name]["y"]], [x, y])
assert [one.id for one in service.related_items("Service2Data", "forward")] == [item.id]
print("published a table")

# Features are added, changed and deleted, by any of the ways that the client has.
added = towns.edit_features(adds=[{"geometry": {**point((8.54, 47.37)), "spatialReference": {"wkid": 4326}}, "attributes": {"name": "Zürich", "pop": 421878}}])
number = added["addResults"][0]["objectId"]
assert added["addResults"][0]["success"], added
basel = towns.query("name = 'Basel'").features[0]
basel.attributes["pop"] = 1
assert towns.edit_features(updates=[basel])["updateResults"][0]["success"]
assert towns.query("name = 'Basel'").features[0].attributes["pop"] == 1
frame = towns.query(as_df=True)
more = pandas.DataFrame({"name": ["Thun", "Biel"], "pop": [43000, 55000]})
assert all(r["success"] for r in towns.edit_features(adds=more)["addResults"])
assert towns.query(return_count_only=True) == len(frame) + 2 == 6
assert towns.edit_features(deletes=str(number))["deleteResults"][0]["success"]
gone = towns.delete_features(where="pop < 100000")
assert len(gone["deleteResults"]) == 3 and towns.query(return_count_only=True) == 2, gone
bad = towns.edit_features(adds=[{"attributes": {"pop": "many"}}, {"attributes": {"pop": 5}}])
assert [r["error"]["code"] for r in bad["addResults"]] == [1016, 1003], bad
assert towns.query(return_count_only=True) == 2
refused(lambda: towns.edit_features(deletes="1", use_global_ids=True), "no global IDs")
print("changed features")

# The changed layer is an input like any other.
buffers = arcgis.features.analysis.create_buffers(towns, distances=[5], units="Kilometers", gis=gis)
assert len(buffers.query().features) == 2

# An item is changed, and its file too.
assert item.update({"title": "Towns", "tags": "one,two", "description": "of Switzerland"})
again = gis.content.get(item.id)
assert (again.title, again.tags, again.description, again.snippet) == ("Towns", ["one", "two"], "of Switzerland", "Three"), again

# GeoJSON, and a feature collection of two layers.
with tempfile.TemporaryDirectory() as folder:
    path = Path(folder) / "places.geojson"
    path.write_bytes((TESTS / "data" / "populated-places.geojson").read_bytes())
    source = root.add(ItemProperties(title="Populated places", item_type="GeoJson"), file=str(path)).result()
published = source.publish()
assert published.layers[0].query(return_count_only=True) == 243
collection = {"layers": [dict(places()._lyr_dict), dict(layer([(point((1, 2)), {"a": 1})], "Point")._lyr_dict)]}
text = root.add(ItemProperties(title="Two layers", item_type="Feature Collection"), text=json.dumps(collection)).result()
assert len(text.layers) == 2 and len(text.layers[1].query().features) == 1
both = text.publish()
assert [one.query(return_count_only=True) for one in both.layers] == [243, 1]
print("published GeoJSON and a feature collection")

# Rows without geometry travel back as features.
frame = pandas.DataFrame(TOWNS, columns=["name", "pop", "lat", "lon"])
imported = gis.content.import_data(frame, geocode_url="none", location_type="coordinates")
assert isinstance(imported, FeatureCollection)
features = imported.query().features
assert [f.attributes["name"] for f in features] == [name for name, *_ in TOWNS], features
check("imported", [features[0].geometry["x"], features[0].geometry["y"]], [7.59, 47.56])

# What cannot be read is refused with a sentence.
broken = root.add(ItemProperties(title="Broken", item_type="GeoJson"), text="{").result()
refused(broken.publish, "cannot be read")

for made in [item, service, source, published, text, both, broken]:
    assert made.delete(), made
assert gis.content.search("title:Towns") == []

# Files for tasks that take one.
upload = Uploads(gis.properties.helperServices.analysis.url, gis).upload(__file__)
assert upload.properties["itemName"] == "content.py" and upload.delete()
print("content ok")
