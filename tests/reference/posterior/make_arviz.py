"""R-hat and effective sample sizes by ArviZ, of chains made by ``chains`` below.

    python make_arviz.py out.json

Made on 2026-11-25 with ArviZ 0.23.4 on Python 3.11 (``arviz.json``); ArviZ 1.3.0 on Python 3.13
gives the same to 1e-9.
"""

import json
import sys

import numpy as np


def chains():
    """Draws of shape (chains, draws, quantities), by name."""
    rng = np.random.default_rng(12)
    noise = rng.standard_normal((4, 251, 3))
    out = {"independent": noise}
    for name, rho in (("sticky", 0.9), ("antithetic", -0.6)):
        made = noise.copy()
        for t in range(1, made.shape[1]):
            made[:, t] = rho * made[:, t - 1] + np.sqrt(1 - rho**2) * noise[:, t]
        out[name] = made
    out["apart"] = noise + np.array([0.0, 0.0, 0.0, 0.7])[:, None, None]
    out["unequal spread"] = noise * np.array([1.0, 1.0, 1.0, 2.5])[:, None, None]
    out["heavy tails"] = np.tan(1.5 * np.tanh(noise))
    return out


if __name__ == "__main__":
    import arviz

    found = {"arviz": arviz.__version__}
    for name, draws in chains().items():
        each = [np.ascontiguousarray(draws[..., k]) for k in range(draws.shape[2])]
        found[name] = {
            "rhat": [float(arviz.rhat(c)) for c in each],
            "bulk": [float(arviz.ess(c, method="bulk")) for c in each],
            "tail": [float(arviz.ess(c, method="tail", prob=(0.05, 0.95))) for c in each],
        }
    with open(sys.argv[1], "w") as handle:
        json.dump(found, handle, indent=1)
        handle.write("\n")
