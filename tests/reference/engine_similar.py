"""Similar places for the engine's tests, by NumPy and GeoPandas.

    pip install geopandas==1.2.0 numpy==2.4.6
    python tests/reference/engine_similar.py > tests/reference/engine_similar.json

The definition of ArcGIS's page "How Similarity Search works": values are standardised over all features, references are
averaged, and the index is the sum of squared differences. Countries of tests/data resemble Germany and France by population
and by the length of their names.
"""

import json
from pathlib import Path

import geopandas
import numpy as np

countries = geopandas.read_file(Path(__file__).parent.parent / "data" / "countries.geojson")
values = np.column_stack([countries["pop_est"].astype(float), countries["name"].str.len()])
reference = countries["name"].isin(["Germany", "France"]).to_numpy()
scores = (values - values.mean(axis=0)) / values.std(axis=0)
index = ((scores[~reference] - scores[reference].mean(axis=0)) ** 2).sum(axis=1)
order = np.argsort(index, kind="stable")
names = countries["name"][~reference].to_numpy()
print(json.dumps([[names[i], float(index[i])] for i in order], separators=(",", ":")))
