"""Esri's own Python client (PyPI `arcgis`) against the local service, unmodified.

    python client.py PORTAL USERNAME PASSWORD

It signs in in every way that the client has, runs every task that is computed, with and without an output name, and queries
what is hosted.
"""

import sys
import traceback
import warnings
from concurrent.futures import ThreadPoolExecutor

warnings.filterwarnings("ignore")

import arcgis
import requests
from arcgis.features import FeatureCollection, FeatureLayer
from arcgis.features import analysis
from arcgis.gis import GIS

from tasks import TASKS

portal, username, password = sys.argv[1:4]
# The client turns http into https by itself; no certificate that a service makes for itself is known to it.
options = {"verify_cert": False}


def who(gis):
    return gis.properties.user.username


def cities(count):
    features = [
        {"geometry": {"x": 5.0 + i % 25 * 0.1, "y": 45.0 + i // 25 * 0.1}, "attributes": {"ID": i + 1, "NAME": f"c{i}"}}
        for i in range(count)
    ]
    fields = [
        {"name": "ID", "type": "esriFieldTypeInteger", "alias": "ID"},
        {"name": "NAME", "type": "esriFieldTypeString", "alias": "NAME"},
    ]
    return FeatureCollection(
        {
            "layerDefinition": {"geometryType": "esriGeometryPoint", "fields": fields},
            "featureSet": {
                "geometryType": "esriGeometryPoint",
                "spatialReference": {"wkid": 4326},
                "features": features,
            },
        }
    )


# Signing in: by the page of OAuth, which is its default, by generateToken, with a token, and not at all.
gis = GIS(portal, username, password, **options)
assert who(gis) == username, gis
assert who(GIS(portal, username, password, use_gen_token=True, **options)) == username
form = {"username": username, "password": password, "client": "referer", "referer": "http", "f": "json"}
token = requests.post(f"{portal}/sharing/rest/generateToken", data=form, timeout=30).json()["token"]
assert who(GIS(portal, token=token, **options)) == username
assert "user" not in GIS(portal, **options).properties
try:
    GIS(portal, username, "wrong", **options)
except Exception as refused:
    assert "Invalid username or password" in str(refused), refused
else:
    raise AssertionError("a wrong password was taken")
# Some of the client's functions go by whoever signed in last, whatever they are given.
arcgis.env.active_gis = gis
print("signed in")

# A result that travels.
buffers = analysis.create_buffers(cities(30), distances=[5], units="Kilometers", gis=gis)
assert len(buffers.query().features) == 30, buffers

# A result that is hosted, of more features than one page of its own holds.
item = analysis.create_buffers(cities(450), distances=[5], units="Kilometers", output_name="my buffers", gis=gis)
assert (item.type, item.owner, item.title) == ("Feature Service", username, "my_buffers"), item
layer = item.layers[0]
assert len(layer.query().features) == 450
assert layer.query(return_count_only=True) == 450
frame = layer.query(where="ID <= 3", out_fields="ID,NAME", as_df=True)
assert list(frame["NAME"]) == ["c0", "c1", "c2"], frame
ids = layer.query(where="NAME = 'c7'", return_ids_only=True)["objectIds"]
assert len(ids) == 1, ids
total = [{"statisticType": "sum", "onStatisticField": "ID", "outStatisticFieldName": "total"}]
assert layer.query(out_statistics=total).features[0].attributes["total"] == 450 * 451 / 2
print("hosted", item.id)

# A hosted layer is an input, and every output of a task is there.
counted = analysis.aggregate_points(cities(30), polygon_layer=layer, gis=gis)
found = counted["aggregated_layer"] if isinstance(counted, dict) else counted
found = found.query().features
assert len(found) == 450 and all(feature.attributes["Point_Count"] >= 1 for feature in found[:30]), len(found)
dissolved = analysis.dissolve_boundaries(item, output_name="dissolved", gis=gis)
assert dissolved.layers[0].query(return_count_only=True) >= 1

# A job that fails says why.
try:
    analysis.create_buffers(cities(1), distances=[-5], units="Kilometers", gis=gis)
except Exception as failed:
    assert "CreateBuffers" in str(failed), failed
else:
    raise AssertionError("a negative distance was taken")

# Items are found and deleted; there is one user, and no group.
assert gis.groups.search("parks") == []
assert [user.username for user in gis.users.search()] == [username], gis.users.search()
assert [found.id for found in gis.content.search("title:my_buffers")] == [item.id]
assert gis.content.get(item.id).id == item.id
assert not gis.content.is_service_name_available("my_buffers", "featureService")
assert item.delete()
assert gis.content.is_service_name_available("my_buffers", "featureService")

# Every task, as many at a time as make up for the second for which the client waits before it looks at a job again.
service = f"{portal}/arcgis/rest/services/tasks/GPServer"
listed = requests.get(service, params={"f": "json"}, timeout=30).json()["tasks"]
computed = {name for name in listed if requests.get(f"{service}/{name}", params={"f": "json"}, timeout=30).json()["fidelity"] != "unavailable"}
assert TASKS.keys() <= computed, TASKS.keys() - computed
gis._tools.featureanalysis._tbx  # makes the functions of all tasks, once
failed = {}
with ThreadPoolExecutor(4) as pool:
    for name, done in [(name, pool.submit(call, gis)) for name, call in TASKS.items()]:
        failure = done.exception()
        if failure:
            traceback.print_exception(failure)
            failed[name] = failure
        else:
            print(name)
assert not failed, failed
if computed > TASKS.keys():
    print("not tried:", ", ".join(sorted(computed - TASKS.keys())))
print(len(TASKS), "tasks ok")
