"""Figures of the sample data by GeoPandas, Shapely and pyproj, for the end-to-end tests.

    pip install geopandas==1.2.0 pyproj==3.7.2 shapely==2.2.0
    python tests/reference/sample_data.py > tests/reference/sample_data.json
"""

import json
from pathlib import Path

import geopandas
from pyproj import Geod

data = Path(__file__).parent.parent / "data"
places = geopandas.read_file(data / "populated-places.geojson")
countries = geopandas.read_file(data / "countries.geojson")
geod = Geod(ellps="WGS84")

inside = geopandas.sjoin(countries, places, predicate="intersects", rsuffix="place")
counts = inside.groupby("iso_a3").size()
names = inside.groupby("name_left").size()

continents = countries.dissolve("continent", aggfunc={"pop_est": "sum", "name": "count"})


def area(polygon):
    """Square metres on the ellipsoid, edges taken as geodesics."""
    return abs(geod.geometry_area_perimeter(polygon)[0])


def disk(place, metres, vertices=3600):
    """Square metres within a geodesic distance of a point, from 3,600 points of its boundary."""
    azimuths = [-360.0 * i / vertices for i in range(vertices)]
    lon, lat, _ = geod.fwd([place.x] * vertices, [place.y] * vertices, azimuths, [metres] * vertices)
    return abs(geod.polygon_area_perimeter(lon, lat)[0])


print(
    json.dumps(
        {
            "placesPerCountry": {k: int(v) for k, v in sorted(names.items())},
            "placesInCountries": int(inside.index_place.nunique()),
            "continents": {
                name: {
                    "countries": int(row["name"]),
                    "population": int(row["pop_est"]),
                    "squareKilometres": round(area(row.geometry) / 1e6, 3),
                }
                for name, row in continents.iterrows()
            },
            "disks20Miles": {
                row["name"]: round(disk(row.geometry, 20 * 1609.344), 1)
                for _, row in places.iterrows()
                if row["name"] in {"Reykjavík", "Quito", "Suva", "Wellington", "Singapore"}
            },
        },
        indent=1,
        ensure_ascii=False,
    )
)
