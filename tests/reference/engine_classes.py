"""Geometric intervals for the engine's tests, by NumPy.

    pip install geopandas==1.2.0 numpy==2.4.6
    python tests/reference/engine_classes.py > tests/reference/engine_classes.json

ArcGIS's pages on data classification define them: the widths of classes are a geometric series whose factor may change once
to its inverse, and the sum of the squares of the numbers of values in the classes is least. Here that sum is the least among
20,001 factors and all classes at which the factor may change. The values are the inhabitants of the countries of tests/data,
a sample of a log-normal distribution, which travels with the figures as they do, and a third of zeros among other values.
"""

import json
from pathlib import Path

import geopandas
import numpy as np

DATA = Path(__file__).parent.parent / "data"
RANDOM = np.random.default_rng(17)
# The widest class is at most this power of e as wide as the narrowest.
WIDEST = 20.7


def least_cost(values, count):
    low, high = values[0], values[-1]
    best = np.inf
    for power in np.linspace(-WIDEST, WIDEST, 20_001) / (count - 1):
        for turn in range(count):
            widths = np.exp(power * abs(np.arange(count) - turn))
            borders = low + (high - low) * np.cumsum(widths)[:-1] / widths.sum()
            ends = np.concatenate([[0], np.searchsorted(values, borders), [len(values)]])
            best = min(best, (np.diff(ends) ** 2).sum())
    return float(best)


cases = {
    "people": geopandas.read_file(DATA / "countries.geojson")["pop_est"].astype(float).to_numpy(),
    "skewed": np.round(RANDOM.lognormal(3, 1.2, 400), 4),
    "zeros": np.concatenate([np.zeros(100), np.round(RANDOM.normal(50, 9, 200), 4)]),
}
out = {}
for name, values in cases.items():
    values = np.sort(values)
    out[name] = {"values": values.tolist(), "costs": [[n, least_cost(values, n)] for n in (2, 3, 5, 10)]}
print(json.dumps(out, separators=(",", ":")))
