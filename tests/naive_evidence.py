"""Slow twins of the evidence from coded cases: every possibility is written out and summed."""

from itertools import combinations, product
from math import comb, prod

import numpy as np
from scipy.special import beta as beta_function
from scipy.stats import beta as beta_law


def uncertain_mean(x, y, meaning, a=1.0, b=1.0):
    """Posterior mean and P(share >= 0.9) over all 4^n ways the cells can be.

    As evidence, each way also counts by how well one share of cases with the outcome, and another
    of those without, would make it.
    """
    mean = above = total = 0.0
    for xs in product((0, 1), repeat=len(x)):
        for ys in product((0, 1), repeat=len(y)):
            p = prod(v if t else 1 - v for v, t in zip((*x, *y), (*xs, *ys), strict=True))
            k, m, k0, m0 = table_of(xs, ys)
            if meaning == "evidence":
                p *= beta_function(a + k, b + m) * beta_function(a + k0, b + m0)
            total += p
            mean += p * (a + k) / (a + b + k + m)
            above += p * beta_law.sf(0.9, a + k, b + m)
    return mean / total, above / total


def misclassified_mean(k, n, sensitivity, specificity, size=100):
    """Mean of the share with Beta laws (a, b) of both rates, on a grid of midpoints."""
    at = (np.arange(size) + 0.5) / size
    theta, se, sp = np.meshgrid(at, at, at, indexing="ij")
    q = se * theta + (1 - sp) * (1 - theta)
    weight = q**k * (1 - q) ** (n - k) * beta_law.pdf(se, *sensitivity)
    weight *= beta_law.pdf(sp, *specificity)
    return float((weight * theta).sum() / weight.sum())


def wave_mean(found, n, size=400, whole=False):
    """Mean of μ from the beta-binomial law of each wave, flat priors, by its Beta functions.

    With ``whole`` the evidence too.
    """
    mu, rho = np.meshgrid(*[(np.arange(size) + 0.5) / size] * 2, indexing="ij")
    a, b = mu * (1 - rho) / rho, (1 - mu) * (1 - rho) / rho
    weight = np.ones_like(mu)
    for k, m in zip(found, n, strict=True):
        # B(a + k, b + m − k) / B(a, b), one case after the other
        for i in range(k):
            weight = weight * (a + i) / (a + b + i)
        for i in range(m - k):
            weight = weight * (b + i) / (a + b + k + i)
    mean = float((weight * mu).sum() / weight.sum())
    return (float(weight.mean()), mean) if whole else mean


def coders_truth(votes, group, share, rate):
    """P(condition) in each case and mean share of each group, over all 2^n truths.

    Shares and rates are integrated in closed form, given each truth.
    """
    n, n_coders = len(votes), len(votes[0])
    groups = sorted(set(group))
    total, truth, mean = 0.0, np.zeros(n), np.zeros(len(groups))
    for z in product((0, 1), repeat=n):
        p = 1.0
        means = []
        for g in groups:
            own = [z[i] for i in range(n) if group[i] == g]
            p *= beta_function(share[0] + sum(own), share[1] + len(own) - sum(own))
            means.append((share[0] + sum(own)) / (share[0] + share[1] + len(own)))
        for j in range(n_coders):
            count = {(t, v): 0 for t in (0, 1) for v in (-1, 0, 1)}
            for i in range(n):
                count[z[i], votes[i][j]] += 1
            p *= beta_function(rate[0] + count[1, 1], rate[1] + count[1, 0])
            p *= beta_function(rate[0] + count[0, 0], rate[1] + count[0, 1])
        total += p
        truth += p * np.array(z)
        mean += p * np.array(means)
    return truth / total, mean / total


def em_step(votes, truth, pi, se, sp):
    """One E step of Dawid and Skene, case by case."""
    out = []
    for row in votes:
        one, other = pi, 1 - pi
        for j, v in enumerate(row):
            if v == 1:
                one, other = one * se[j], other * (1 - sp[j])
            if v == 0:
                one, other = one * (1 - se[j]), other * sp[j]
        out.append(one / (one + other))
    return out


def table_of(x, y):
    """Counts of X and Y, Y only, X only, neither."""
    pairs = list(zip(x, y, strict=True))
    return [pairs.count(p) for p in ((1, 1), (0, 1), (1, 0), (0, 0))]


def fewest_recodings(x, y, holds):
    """Fewest of the 2n cells that must flip, by trying all choices of them; None if none does."""
    cells = [*x, *y]
    n = len(x)
    now = holds(table_of(x, y))
    for r in range(1, 2 * n + 1):
        for chosen in combinations(range(2 * n), r):
            new = [1 - c if i in chosen else c for i, c in enumerate(cells)]
            if holds(table_of(new[:n], new[n:])) != now:
                return r
    return None


def consistency(x, y):
    return sum(map(min, x, y)) / sum(y) if sum(y) else 1.0


def cheapest_recoding(x, y, at_least, cost):
    """Least cost that turns consistency around: each case keeps, or has one coding go to 0 or 1."""
    now = consistency(x, y) >= at_least - 1e-12
    best = np.inf
    for way in product(range(5), repeat=len(x)):
        spent = sum(c for c, w in zip(cost, way, strict=True) if w)
        if spent >= best:
            continue
        new = [
            ((a, b), (0, b), (1, b), (a, 0), (a, 1))[w] for a, b, w in zip(x, y, way, strict=True)
        ]
        if not sum(b for _, b in new):
            continue
        if (consistency(*zip(*new, strict=True)) >= at_least - 1e-12) != now:
            best = spent
    return best


def record(n_with, n, theta, hindsight):
    """Probability of n_with or more coded, over all true numbers and all that hindsight adds."""
    total = 0.0
    for true in range(n + 1):
        p = comb(n, true) * theta**true * (1 - theta) ** (n - true)
        for added in range(n - true + 1):
            if true + added >= n_with:
                m = n - true
                total += p * comb(m, added) * hindsight**added * (1 - hindsight) ** (m - added)
    return total


def fewest_unseen(n_with, n, at_least, level):
    """One counter-example more each time, until the conclusion is gone."""
    extra = 0
    while beta_law.sf(at_least, 1 + n_with, 1 + n - n_with + extra) >= level:
        extra += 1
    return extra


def compatible(n_with, n, population):
    """Most hidden counter-examples with a chance of 5 % or more of so few among the seen."""
    most = 0
    for hidden in range(population - n + 1):
        bad = n - n_with + hidden
        chance = sum(
            comb(bad, s) * comb(population - bad, n - s) for s in range(n - n_with + 1)
        ) / comb(population, n)
        if chance >= 0.05:
            most = hidden
    return most
