"""What watching jobs costs, by numerical integration and minimisation with SciPy. Writes polling.json beside itself.

Jobs are log-normal in length: median 45 s, standard deviation of the logarithm 1.6, at most 4 h.

    python3 -m venv venv && venv/bin/pip install numpy scipy && venv/bin/python tests/reference/polling.py
"""

import json
import pathlib

import numpy as np
from scipy.integrate import quad
from scipy.optimize import minimize
from scipy.stats import lognorm

MIX = lognorm(s=1.6, scale=45.0)
LONGEST = 4 * 3600.0


def expected(looks):
    """Requests, delay and relative delay of looks at these ages, by quadrature between each two of them."""
    requests = delay = relative = 0.0
    before = 0.0
    for look in looks:
        requests += MIX.sf(before)
        end = min(look, LONGEST)
        integral = lambda f: quad(f, before, end, epsabs=1e-13, epsrel=1e-11, limit=200)[0]
        delay += integral(lambda t: (look - t) * MIX.pdf(t))
        relative += integral(lambda t: (look - t) / t * MIX.pdf(t) if t > 0 else 0.0)
        before = look
        if look >= LONGEST:
            # All that would take longer ends with the longest.
            delay += (look - LONGEST) * MIX.sf(LONGEST)
            relative += (look - LONGEST) / LONGEST * MIX.sf(LONGEST)
            break
    return {"requests": requests, "delay": delay, "relative": relative}


def schedule(first, gap):
    looks = [first]
    while looks[-1] < LONGEST:
        looks.append(looks[-1] + gap(looks[-1]))
    return looks


def optimum(price):
    """The least cost, by descent over the gaps between looks, whose number does not matter where they are enough."""

    def ages(logs):
        ages = np.cumsum(np.exp(logs))
        return ages * LONGEST / ages[-1]

    mean = MIX.expect(ub=LONGEST) + MIX.sf(LONGEST) * LONGEST

    def cost(logs):
        x = ages(logs)
        part = np.append(0.0, MIX.cdf(x))
        part[-1] = 1.0
        seen = np.sum(x * np.diff(part))
        requests = np.sum(1.0 - part[:-1])
        # The derivatives by the ages, then by the logarithms of the gaps, whose sum is the longest length.
        slope = np.zeros_like(x)
        pdf = MIX.pdf(x[:-1])
        slope[:-1] = np.diff(part)[:-1] + pdf * (x[:-1] - x[1:]) - price * pdf
        raw = np.exp(logs)
        total = raw.sum()
        by_raw = np.cumsum(slope[::-1])[::-1] * LONGEST / total - np.sum(slope * x) / total
        return seen - mean + price * requests, by_raw * raw

    # The gap at which a look pays, from the rate at which jobs end: near the best, and the number of looks follows.
    rate = lambda age: MIX.pdf(age) / MIX.sf(age)
    start = schedule(1.7, lambda age: np.sqrt(2 * price / rate(age)))
    start[-1] = LONGEST
    if start[-1] - start[-2] < 1.0:
        del start[-2]
    best = minimize(
        cost, np.log(np.diff(np.append(0.0, start))), jac=True, method="L-BFGS-B",
        options={"maxiter": 200_000, "maxfun": 400_000, "maxcor": 50, "ftol": 1e-16, "gtol": 1e-10},
    )
    figures = expected(ages(best.x))
    figures["price"] = price
    figures["cost"] = figures["delay"] + price * figures["requests"]
    return figures


if __name__ == "__main__":
    out = {
        "every 5 s": expected(schedule(5.0, lambda age: 5.0)),
        "root": expected(schedule(0.5, lambda age: 0.47 * np.sqrt(age))),
        "optimum": optimum(0.045),
    }
    path = pathlib.Path(__file__).with_suffix(".json")
    path.write_text(json.dumps(out, indent=2) + "\n")
    print(out)
