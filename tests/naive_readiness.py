"""Slow twins of readiness: each likelihood, statistic and score written from its formula."""

from itertools import pairwise
from math import exp, gamma, log

import numpy as np
from scipy.integrate import quad


def renewal_density(wait, rate, shape):
    scale = 1 / (rate * gamma(1 + 1 / shape))
    return shape / scale * (wait / scale) ** (shape - 1) * exp(-((wait / scale) ** shape))


def renewal_survival(wait, rate, shape):
    scale = 1 / (rate * gamma(1 + 1 / shape))
    return exp(-((wait / scale) ** shape))


def log_likelihood(model, events, years, rate, *other):
    """Of events seen from 0 to years, which is no event itself."""
    events = list(events)
    if model == "constant":
        return len(events) * log(rate) - rate * years
    if model == "renewal":
        (shape,) = other
        out = log(rate * renewal_survival(events[0], rate, shape))
        for a, b in pairwise(events):
            out += log(renewal_density(b - a, rate, shape))
        return out + log(renewal_survival(years - events[-1], rate, shape))
    if model == "self-exciting":
        brought, memory = other
        decay = rate / memory

        def intensity(t):
            return rate * (1 - brought) + sum(
                brought * decay * exp(-decay * (t - e)) for e in events if e < t
            )

        area = sum(
            quad(intensity, a, b)[0] for a, b in zip([0, *events], [*events, years], strict=True)
        )
        return sum(log(intensity(t)) for t in events) - area
    (again,) = other
    out = 0.0
    for a, b in zip([0, *events], events, strict=False):
        out += log(again * rate * exp(-rate * (b - a)))
    return out + log(1 - again + again * exp(-rate * (years - events[-1])))


def survival(model, events, years, ahead, rate, *other):
    """P(no event in the next `ahead` years), as a ratio of likelihoods."""
    longer = log_likelihood(model, events, years + ahead, rate, *other)
    return exp(longer - log_likelihood(model, events, years, rate, *other))


def kaplan_meier(lengths, is_closed):
    out, share = [], 1.0
    for length in sorted({x for x, c in zip(lengths, is_closed, strict=True) if c}):
        n = sum(x >= length for x in lengths)
        ended = sum(x == length and c for x, c in zip(lengths, is_closed, strict=True))
        share *= 1 - ended / n
        out.append((length, share))
    return out


def cusum(values, shift, carries):
    out, level = [], 0.0
    for t, value in enumerate(values):
        past = values[:t]
        z = 0.0
        if t >= 5:
            mean, sd = np.mean(past), np.std(past, ddof=1)
            told = mean + carries[t] * (past[-1] - mean)
            z = (value - told) / (sd * np.sqrt(1 - carries[t] ** 2))
        level = max(0.0, level + z - shift / 2)
        out.append(level)
    return np.array(out)


def carry(past):
    past = np.asarray(past)
    off = past - past.mean()
    raw = (off[1:] * off[:-1]).sum() / (off**2).sum()
    return float(np.clip(raw + (1 + 3 * raw) / len(past), 0, 0.95))


def line_ratio(values, first, unit):
    """n/2 log(RSS0/RSS1) of a carry-over that changes along a line, signed by its slope."""
    values = (np.asarray(values) - np.mean(values[:first])) / np.std(values[:first])
    y, x = values[1:], values[:-1]
    t = np.arange(len(y)) / unit
    less = np.column_stack([np.ones_like(x), x])
    full = np.column_stack([less, t * x])
    rest = []
    for design in (less, full):
        beta = np.linalg.lstsq(design, y, rcond=None)[0]
        rest.append(((y - design @ beta) ** 2).sum())
    return np.sign(beta[2]) * len(y) / 2 * log(rest[0] / rest[1])


def past_frequency(statements):
    """(k + ½)/(n + 1) of those resolved when each was made."""
    out = []
    for s in statements:
        known = [t for t in statements if t.outcome is not None and t.outcome_entry < s.entry]
        out.append((sum(t.outcome for t in known) + 0.5) / (len(known) + 1))
    return out
