"""Interpolated values for the engine's tests, by PyKrige, scikit-learn and NumPy.

    pip install numpy==2.4.6 pykrige==1.7.3 pyproj==3.7.2 scikit-learn==1.9.1 scipy==1.17.1 shapely==2.1.2
    python tests/reference/engine_interpolate.py > tests/reference/engine_interpolate.json

"few" are measurements that fit in one local model. Each semivariogram of the engine's family is kriged by PyKrige; its
probability is the restricted likelihood, from the determinant and the inverse of the kriging system as a whole, the scale
integrated out. "likely" are the probabilities of the powers.

"coast" are the places of tests/data with their distance in kilometres from the coast of tests/data/countries.geojson, drawn
through the antimeridian and the south pole as that file has it. In five rounds each fifth is predicted from the others by
scikit-learn's Gaussian process with a Matern kernel and noise, in space; "rmse" is the root of the mean square of its errors,
"flat_rmse" that of the mean of all, and "local_rmse" that of the same process when each place has one of its own, fitted to as
many of the nearest measurements as a local model of the engine takes in.

"field" is drawn from a Gaussian process with an exponential covariance and noise: the first 600 are measured, the others tell
how often a new measurement lies within two standard errors.
"""

import json
import warnings
from pathlib import Path

import numpy as np
from pykrige.ok import OrdinaryKriging
from pyproj import Transformer
from scipy.spatial import cKDTree
from scipy.spatial.distance import cdist
from shapely import segmentize
from shapely.geometry import shape
from shapely.ops import unary_union
from sklearn.gaussian_process import GaussianProcessRegressor
from sklearn.gaussian_process.kernels import ConstantKernel, Matern, WhiteKernel

warnings.filterwarnings("ignore")
RANDOM = np.random.default_rng(41)
DATA = Path(__file__).parent.parent / "data"


def bayesian(points, values, places):
    """The mean and the standard error of a new measurement at places, and the probabilities of the powers."""
    n = len(points)
    unit = np.sqrt(((points - points.mean(axis=0)) ** 2).sum(axis=1).mean())
    apart = cdist(points, points) / unit
    logs, means, variances, powers = [], [], [], []
    for power in np.arange(0.25, 1.76, 0.125):
        for nugget in np.exp(np.arange(-12.0, 7.0)):
            gamma = nugget + apart**power
            np.fill_diagonal(gamma, 0)
            system = np.block([[-gamma, np.ones((n, 1))], [np.ones((1, n)), np.zeros((1, 1))]])
            rest = np.append(values, 0)
            squares = rest @ np.linalg.solve(system, rest)
            logs.append(-0.5 * np.linalg.slogdet(system)[1] - (n - 1) / 2 * np.log(squares))
            scale = squares / (n - 3)
            kriging = OrdinaryKriging(
                *points.T, values, "power", variogram_parameters=[scale / unit**power, power, scale * nugget]
            )
            mean, variance = kriging.execute("points", *places.T)
            means.append(np.asarray(mean))
            variances.append(np.asarray(variance))
            powers.append(power)
    weights = np.exp(np.array(logs) - max(logs))
    weights /= weights.sum()
    mean = weights @ np.array(means)
    square = weights @ (np.array(variances) + np.array(means) ** 2)
    likely = [float(weights[np.array(powers) == power].sum()) for power in sorted(set(powers))]
    return mean, np.sqrt(square - mean**2), likely


def few(count, noise):
    points = np.round(RANDOM.uniform(0, 10_000, (count, 2)), 1)
    values = 20 + np.sin(points[:, 0] / 2500) * 6 + points[:, 1] / 2000 + RANDOM.normal(0, noise, count)
    values = np.round(values, 4)
    places = np.round(RANDOM.uniform(-1000, 11_000, (25, 2)), 1)
    mean, error, likely = bayesian(points, values, places)
    return {
        "points": np.column_stack([points, values]).tolist(),
        "places": np.column_stack([places, mean, error]).tolist(),
        "likely": likely,
    }


to_space = Transformer.from_crs(4979, 4978, always_xy=True)


def space(places):
    return np.array(to_space.transform(*np.asarray(places).T, np.zeros(len(places)))).T / 1000


def process(known, values):
    kernel = ConstantKernel(1.0) * Matern(1000.0, (10, 1e5), nu=0.5) + WhiteKernel(0.1)
    process = GaussianProcessRegressor(kernel, normalize_y=True, n_restarts_optimizer=3, random_state=0)
    return process.fit(known, values)


def local(known, values, place, count):
    near = np.argsort(((known - place) ** 2).sum(axis=1), kind="stable")[:count]
    return process(known[near], values[near]).predict(place[None])[0]


def coast():
    land = unary_union([shape(f["geometry"]) for f in json.loads((DATA / "countries.geojson").read_text())["features"]])
    vertices = np.vstack([np.array(ring.coords) for part in land.geoms for ring in (part.exterior, *part.interiors)])
    shore = np.vstack(
        [np.array(segmentize(ring, 0.05).coords) for part in land.geoms for ring in (part.exterior, *part.interiors)]
    )
    assert len(shore) > len(vertices)
    features = json.loads((DATA / "populated-places.geojson").read_text())["features"]
    places = np.array([f["geometry"]["coordinates"] for f in features])
    away = np.round(cKDTree(space(shore)).query(space(places))[0], 2)
    errors, flat, locals = [], [], {50: [], 75: []}
    for fold in range(5):
        out = np.arange(len(places)) % 5 == fold
        known, asked = space(places[~out]), space(places[out])
        errors.extend(process(known, away[~out]).predict(asked) - away[out])
        flat.extend(away[~out].mean() - away[out])
        for count, off in locals.items():
            off.extend(local(known, away[~out], place, count) - value for place, value in zip(asked, away[out]))
    root = lambda off: float(np.sqrt(np.mean(np.square(off))))
    local_rmse = {str(count): root(off) for count, off in locals.items()}
    return {"values": away.tolist(), "rmse": root(errors), "flat_rmse": root(flat), "local_rmse": local_rmse}


def field():
    points = np.round(RANDOM.uniform(0, 50_000, (800, 2)), 1)
    covariance = 4 * np.exp(-cdist(points, points) / 8000) + 0.25 * np.eye(len(points))
    values = 10 + np.linalg.cholesky(covariance) @ RANDOM.normal(size=len(points))
    # Simple kriging with the process itself, which nothing can better.
    known, asked = slice(0, 600), slice(600, 800)
    best = 10 + covariance[asked, known] @ np.linalg.solve(covariance[known, known], values[known] - 10)
    rmse = float(np.sqrt(np.mean((best - values[asked]) ** 2)))
    return {"points": np.column_stack([points, np.round(values, 3)]).tolist(), "best_rmse": rmse}


print(
    json.dumps(
        {"few": [few(40, 0.5), few(18, 0.0), few(50, 3.0)], "coast": coast(), "field": field()}, separators=(",", ":")
    )
)
