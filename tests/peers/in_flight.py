"""Drives as many jobs as it can with Esri's Python client, and prints the columns of `examples/in_flight.rs`.

Usage: IN_FLIGHT_PORTAL=URL python in_flight.py JOBS SECONDS. Each job has a thread of its own, so the number of threads
that the system allows is a limit too.
"""

import http.client
import os
import re
import sys
import time
import warnings

warnings.filterwarnings("ignore")

from arcgis.gis import GIS
from arcgis.features.analysis import create_buffers

jobs, seconds = int(sys.argv[1]), int(sys.argv[2])
polls = 0
requested = http.client.HTTPConnection.putrequest


def counted(self, method, url, *more, **named):
    global polls
    polls += "/jobs/" in url
    return requested(self, method, url, *more, **named)


http.client.HTTPConnection.putrequest = counted


def kilobytes(name):
    with open("/proc/self/status") as status:
        return int(re.search(name + r":\s+(\d+)", status.read())[1])


def sockets():
    count = 0
    for fd in os.listdir("/proc/self/fd"):
        try:
            count += os.readlink(f"/proc/self/fd/{fd}").startswith("socket:")
        except OSError:
            pass
    return count


gis = GIS(os.environ["IN_FLIGHT_PORTAL"], "ann", "pw", verify_cert=False)
fields = [{"name": "OBJECTID", "type": "esriFieldTypeOID", "alias": "OBJECTID"}]
point = {
    "layerDefinition": {"geometryType": "esriGeometryPoint", "objectIdField": "OBJECTID", "fields": fields},
    "featureSet": {
        "geometryType": "esriGeometryPoint",
        "spatialReference": {"wkid": 4326},
        "features": [{"geometry": {"x": 7, "y": 47}, "attributes": {"OBJECTID": 1}}],
    },
}
before = kilobytes("VmRSS")
held, most = [], 0
began = time.time()
try:
    for number in range(jobs):
        held.append(create_buffers(point, distances=[5], units="Miles", future=True, gis=gis))
        if number % 100 == 0:
            most = max(most, sockets())
except Exception as error:
    print(f"after {len(held)} jobs: {error}", file=sys.stderr)
submitting = time.time() - began
cpu, first = time.process_time(), polls
until = time.time() + seconds
while time.time() < until:
    time.sleep(0.5)
    most = max(most, sockets())
cpu, seen = time.process_time() - cpu, polls - first
lost = sum(job.done() for job in held)
memory = (kilobytes("VmHWM") - before) / max(len(held), 1)
print(
    f"{'arcgis (Python)':<18} {len(held):>6} {lost:>6} {memory:>8.2f} {cpu * 1e6 / max(seen, 1):>13.1f} "
    f"{most:>9} {seen:>8} {submitting:>13.1f}",
    flush=True,
)
os._exit(0)
