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

# A data frame with places goes as a shapefile, which the client writes with pyshp.
try:
    import shapefile
except ImportError:
    print("SKIPPED: data frames with places, as pyshp is missing")
    framed = []
else:
    frame = pandas.DataFrame(TOWNS, columns=["name", "pop", "lat", "lon"])
    frame = pandas.DataFrame.spatial.from_xy(frame, "lon", "lat", sr=4326)
    framed = [frame.spatial.to_featurelayer(title="Framed towns", tags="frame", gis=gis, service_name="framed_towns")]
    layer_of = framed[0].layers[0]
    assert layer_of.properties.geometryType == "esriGeometryPoint"
    rows = in_order(layer_of)
    assert [(row["name"], row["pop"]) for row in rows] == [("Bern", 134591), ("Basel", 173232), ("Genève", 203856)], rows
    back = pandas.DataFrame.spatial.from_layer(layer_of).sort_values("pop")
    check("framed", [back.iloc[0]["SHAPE"].x, back.iloc[0]["SHAPE"].y], [7.45, 46.95])
    sources = framed[0].related_items("Service2Data", "forward")
    assert [one.type for one in sources] == ["Shapefile"], sources
    # The same features once more, out of the item that holds the shapefile.
    assert layer_of.append(item_id=sources[0].id, upload_format="shapefile") is True
    assert layer_of.query(return_count_only=True) == 6
    framed += sources
    print("published a data frame")

# Features of a collection are appended, and updated by a field whose values tell them apart.
more = {"layers": [dict(layer([(point((7.6, 46.7)), {"name": "Thun", "pop": 43000}), (point((7.45, 46.95)), {"name": "Bern", "pop": 1})], "Point")._lyr_dict)]}
assert towns.append(edits=more, upload_format="featureCollection", upsert=True, upsert_matching_field="name") is True
assert {row["name"]: row["pop"] for row in in_order(towns)}["Bern"] == 1
refused(lambda: towns.append(edits=more, upload_format="featureCollection", field_mappings=[{"name": "pop", "sourceName": "nope"}]), "which the source has not")

# Values are calculated, and fields and layers defined, by whoever the service belongs to.
assert towns.calculate("pop > 1", [{"field": "pop", "sqlExpression": "pop + 1"}])["success"]
assert {row["name"]: row["pop"] for row in in_order(towns)}["Thun"] == 43001
field = {"name": "note", "type": "esriFieldTypeString", "alias": "Note", "length": 20, "nullable": True, "editable": True}
assert towns.manager.add_to_definition({"fields": [field]})["success"]
assert towns.manager.update_definition({"fields": [{"name": "note", "alias": "A note"}], "minScale": 1000})["success"]
assert [f.alias for f in towns.properties.fields if f.name == "note"] == ["A note"]
assert towns.calculate("1=1", {"field": "note", "value": "x"})["updatedFeatureCount"] == towns.query(return_count_only=True)
assert towns.manager.delete_from_definition({"fields": [{"name": "note"}]})["success"]
assert "note" not in [f.name for f in towns.properties.fields]
refused(lambda: towns.manager.add_to_definition({"fields": [{"name": "pop", "type": "esriFieldTypeInteger"}]}), "already")
made = gis.content.create_service("Defined", service_type="featureService")
collection = arcgis.features.FeatureLayerCollection.fromitem(made)
lines = {"name": "Lines", "type": "Feature Layer", "geometryType": "esriGeometryPolyline", "objectIdField": "OBJECTID", "fields": [{"name": "OBJECTID", "type": "esriFieldTypeOID"}, {"name": "n", "type": "esriFieldTypeInteger"}]}
assert collection.manager.add_to_definition({"layers": [lines], "tables": [{"name": "Rows", "type": "Table", "fields": [{"name": "t", "type": "esriFieldTypeString"}]}]})["success"]
made = gis.content.get(made.id)
assert [one.properties.name for one in made.layers + made.tables] == ["Lines", "Rows"]
assert made.tables[0].edit_features(adds=[{"attributes": {"t": "a"}}])["addResults"][0]["success"]
assert collection.manager.update_definition({"capabilities": "Query"})["success"]
refused(lambda: made.tables[0].edit_features(adds=[{"attributes": {"t": "b"}}]), "add Create")
refused(lambda: collection.manager.update_definition({"syncEnabled": True}), "cannot be set")
assert made.tables[0].manager.truncate()["success"] and made.tables[0].query(return_count_only=True) == 0
assert towns.validate_sql("pop > 1")["isValidSQL"]
refused(lambda: towns.query_related_records("1", "0"), "no relationships")
print("defined layers and calculated values")

# What is published is overwritten by another file of the name.
with tempfile.TemporaryDirectory() as folder:
    path = Path(folder) / "towns.csv"
    path.write_text("name,pop,lat,lon\nChur,38000,46.85,9.53\n")
    overwritten = arcgis.features.FeatureLayerCollection.fromitem(service).manager.overwrite(str(path))
assert overwritten["success"], overwritten
assert [row["name"] for row in in_order(gis.content.get(service.id).layers[0])] == ["Chur"]

# Items are moved, shared, protected, copied, and have files beside them.
trials = gis.content.folders.create("Trials")
assert item.move(trials)["success"] and gis.content.get(item.id).ownerFolder == trials.properties["id"]
assert [one.id for one in trials.list()] == [item.id]
assert item.move(root)["success"] and gis.content.get(item.id).ownerFolder is None
service.sharing.sharing_level = "EVERYONE"
assert gis.content.get(service.id).access == "public"
public = GIS(sys.argv[1], verify_cert=False)
assert public.content.get(service.id).layers[0].query(return_count_only=True) == 1
refused(lambda: public.content.get(service.id).layers[0].delete_features(where="1=1"), "Token Required")
service.sharing.sharing_level = "PRIVATE"
assert service.sharing.sharing_level.value == "PRIVATE" and service.sharing.groups.list() == []
assert item.protect()["success"] and not item.can_delete
refused(item.delete, "protected")
assert item.protect(False)["success"] and item.delete(dry_run=True) == {"can_delete": True}
refused(lambda: item.reassign_to("bob"), "one user")
picture = bytes.fromhex("89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c4890000000d49444154789c6360000002000001e221bc330000000049454e44ae426082")
with tempfile.TemporaryDirectory() as folder:
    path = Path(folder) / "small.png"
    path.write_bytes(picture)
    assert item.update(thumbnail=str(path)) and item.get_thumbnail() == picture
    assert item.update_thumbnail(file_path=str(path)) and item.delete_thumbnail()
    assert item.thumbnail is None
    assert item.resources.add(file=str(path), folder_name="pictures")["success"]
assert item.resources.add(file_name="note.json", text='{"a": 1}')["success"]
assert sorted(one["resource"] for one in item.resources.list()) == ["note.json", "pictures/small.png"]
assert item.resources.get("note.json") == {"a": 1}
assert item.resources.remove("note.json") and len(item.resources.list()) == 1
assert item.get_data().startswith(b"name,pop") if isinstance(item.get_data(), bytes) else Path(item.get_data()).exists()
copied = item.copy_item(title="Copied towns")
assert copied.title == "Copied towns" and copied.delete()
refused(service.copy_item, "refer to the service of another")
assert item.dependent_upon()["list"] == [] and item.comments == []
assert gis.content.delete_items([made]) == [True] and trials.delete()
print("managed items")

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

for made in [item, service, source, published, text, both, broken, *framed]:
    assert made.delete(), made
assert gis.content.search("title:Towns") == []

# Files for tasks that take one.
upload = Uploads(gis.properties.helperServices.analysis.url, gis).upload(__file__)
assert upload.properties["itemName"] == "content.py" and upload.delete()
print("content ok")
