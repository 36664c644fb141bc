"""Composite indices for the engine's tests, by pandas, SciPy and NumPy.

    pip install geopandas==1.2.0 numpy==2.4.6 pandas==3.1.1 scipy==1.17.1
    python tests/reference/engine_index.py > tests/reference/engine_index.json

The variables are figures of the countries of tests/data: their inhabitants, the letters of their names, which many share,
and their planar areas, which travel with the figures. Percentiles are the ranks of pandas, equals sharing the lowest, made
to run from 0 to 1; means and geometric means are those of numpy.average and scipy.stats.gmean.
"""

import json
from pathlib import Path

import geopandas
import numpy as np
import pandas as pd
from scipy.stats import gmean

DATA = Path(__file__).parent.parent / "data"
countries = geopandas.read_file(DATA / "countries.geojson")
table = pd.DataFrame(
    {
        "people": countries["pop_est"].astype(float),
        "letters": countries["name"].str.len().astype(float),
        "extent": countries.geometry.area.round(3),
    }
)
weights = np.array([1.0, 2.5, 0.5])
reversed_ = [False, True, False]


def scaled(column, how):
    if how == "Scaled":
        return (column - column.min()) / (column.max() - column.min())
    if how == "Percentile":
        return (column.rank(method="min") - 1) / (len(column) - 1)
    return column


def turned(column, how):
    return column.min() + column.max() - column if how == "Raw" else 1 - column


out = {}
for method in ["meanScaled", "meanPercentile", "meanRaw", "geomeanScaled", "geomeanPercentile", "geomeanRaw", "sumFlagsPercentile"]:
    how = next(word for word in ["Scaled", "Percentile", "Raw"] if method.endswith(word))
    columns = [scaled(table[name], how) for name in table]
    columns = [turned(c, how) if r else c for c, r in zip(columns, reversed_)]
    values = np.column_stack(columns)
    if method.startswith("mean"):
        index = np.average(values, axis=1, weights=weights)
    elif method.startswith("geomean"):
        with np.errstate(divide="ignore"):
            index = gmean(values, axis=1, weights=np.broadcast_to(weights, values.shape))
    else:
        index = ((values >= 0.9) * weights).sum(axis=1)
    index = pd.Series(index)
    back = index.min() + index.max() - index
    out[method] = {
        "index": list(index),
        "stretched": list(10 + 80 * (back - back.min()) / (back.max() - back.min())),
        "rank": [int(r) for r in index.rank(method="min", ascending=False)],
        "percentile": list((index.rank(method="min") - 1) / (len(index) - 1)),
    }
# Of eleven, one has a percentile of exactly 0.9, and of the reversed ones as well; two share the highest rank.
eleven = pd.DataFrame({"up": np.arange(11.0), "tied": [3, 1, 4, 1, 5, 9, 2, 6, 5, 9, 0.5]})
flags = {name: scaled(eleven[name], "Percentile") for name in eleven}
flags["up"] = turned(flags["up"], "Percentile")
flags = (np.column_stack([flags["up"], flags["tied"]]) >= 0.9) @ [2.0, 1.0]
assert sorted(set(flags)) == [0, 1, 2]
print(json.dumps({"eleven": eleven.to_dict("list"), "flags": list(flags), "people": list(table["people"]), "letters": list(table["letters"]), "extent": list(table["extent"]), "methods": out}, separators=(",", ":")))
