"""Slow, obvious twins of the testimony channel and its worth, written from the definitions."""

import itertools
import math


def statement_law(voice, rho):
    """P(each tuple of statements), by cutting the shared account u and listing who passes it on."""
    out, passed = {}, math.sqrt(rho)
    cuts = sorted({0.0, 1.0, *voice})
    for pattern in itertools.product((True, False), repeat=len(voice)):
        out[pattern] = 0.0
        for passes in itertools.product((True, False), repeat=len(voice)):
            who = math.prod(passed if p else 1 - passed for p in passes)
            for left, right in itertools.pairwise(cuts):
                account = [(left + right) / 2 < v for v in voice]
                chance = [
                    float(c == says) if p else (v if says else 1 - v)
                    for v, c, says, p in zip(voice, account, pattern, passes, strict=True)
                ]
                out[pattern] += who * (right - left) * math.prod(chance)
    return out


def entropy(probabilities):
    """Shannon's entropy in bits."""
    return -sum(p * math.log2(p) for p in probabilities if p > 0)


def information(prior, if_split, if_none):
    """H(S) + H(T) − H(S, T)."""
    joint = [prior * f for f in if_split] + [(1 - prior) * f for f in if_none]
    shown = [prior * one + (1 - prior) * none for one, none in zip(if_split, if_none, strict=True)]
    return entropy([prior, 1 - prior]) + entropy(shown) - entropy(joint)


def variance_reduction(prior, if_split, if_none):
    """Variance before less the mean variance after."""
    after = 0.0
    for one, none in zip(if_split, if_none, strict=True):
        shown = prior * one + (1 - prior) * none
        if shown > 0:
            p = prior * one / shown
            after += shown * p * (1 - p)
    return prior * (1 - prior) - after


def shares_of_a_whip_count(n, error, low, high, steps=4000):
    """Law of the count by the midpoint rule over the share of dissenters."""
    law = [0.0] * (n + 1)
    for i in range(steps):
        share = low + (high - low) * (i + 0.5) / steps
        seen = share * (1 - error) + (1 - share) * error
        for k in range(n + 1):
            law[k] += math.comb(n, k) * seen**k * (1 - seen) ** (n - k) / steps
    return law
