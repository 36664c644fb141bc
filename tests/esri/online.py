"""Esri's Python client against the local service that gives itself out for ArcGIS Online, where the client does more.

    python online.py PORTAL USERNAME PASSWORD

It asks what an analysis costs, and sends the parameters that it keeps back from other portals.
"""

import sys
import warnings

warnings.filterwarnings("ignore")

from arcgis.features import analysis
from arcgis.gis import GIS

from layers import check, column, places, reference

gis = GIS(*sys.argv[1:4], verify_cert=False)

# Esri's page of credits has 1 credit for 1,000 features of this task; these are 243.
estimate = analysis.create_buffers(places(), distances=[5], gis=gis, estimate=True)
check("credits", [estimate.cost, estimate.maximum_cost], [0.243, 0.243])

figures = reference("clusters")["places"]["optics"]
options = {"method": "OPTICS", "search_distance": 1500, "search_distance_unit": "Kilometers", "gis": gis}
found = analysis.find_point_clusters(places(), 5, **options)
check("order", column(found, "REACHORDER"), figures["order"])
check("reach", [far for far, known in zip(column(found, "REACHDIST"), figures["reach"]) if known], [known for known in figures["reach"] if known])
print("online ok")
