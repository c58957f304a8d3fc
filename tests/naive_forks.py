"""One fork worked out case by case, from the formulas of docs/methods/claim.md."""

import math

STEPS = 4000


def fork(cases, choices, outcome, needs):
    """Numbers of one fork: n, n_outcome, consistency, ron, mean, p_above_90, log10_bf."""
    y = cases.coding(choices.get("outcome", outcome))
    x = cases.coding(choices.get("needs", needs))
    waves = [] if cases.cluster is None else cases.cluster.tolist()
    late = cases.order(x.name, y.name)
    rows = []
    for i in range(cases.n_cases):
        if not is_kept(choices.get("cases", "all"), waves, i, x, y):
            continue
        use = choices.get("certainty", "as stated") == "as stated"
        yv, ys, q = cell(y, i, float(choices.get("outcome threshold", 0.5)), use)
        xv, xs, p = cell(x, i, float(choices.get("needs threshold", 0.5)), use)
        yv, ys, q = filled(yv, ys, q, choices.get("unknown outcome"))
        xv, xs, p = filled(xv, xs, p, choices.get("unknown condition"))
        if late[i] == -1 and choices.get("misdated") == "left out":
            ys = -1
        if late[i] == -1 and choices.get("misdated") == "counted as absent":
            xv, xs, p = 0.0, 0, min(p, 1 - p)
        rows.append([i, yv, ys, q, xv, xs, p])
    weights = {}
    for i, *_ in rows:
        mine = [j for j, *_ in rows if waves and waves[j] == waves[i] and waves[i].strip()]
        once = choices.get("waves") == "each wave counts once" and mine
        weights[i] = 1 / len(mine) if once else 1.0
    used = [r for r in rows if r[2] >= 0 and r[5] >= 0]
    n, n_outcome = len(used), sum(r[2] == 1 for r in used)
    consistency, ron = fits(rows, weights)
    cells = {1: [], 0: []}
    for i, _, ys, q, _, _, p in rows:
        if ys >= 0:
            right = q if ys == 1 else 1 - q
            cells[ys].append((weights[i], right * p + (1 - right) / 2))
    mean, high, log10_bf = posterior(cells)
    return {
        "n": n,
        "n_outcome": n_outcome,
        "consistency": consistency,
        "ron": ron,
        "mean": mean if n_outcome else None,
        "p_above_90": high if n_outcome else None,
        "log10_bf": log10_bf if 0 < n_outcome < n else None,
    }


def is_kept(word, waves, i, x, y):
    if word == "without all waves":
        return not waves[i].strip() or waves.count(waves[i]) < 2
    sure = [c.certainty[i] for c in (x, y) if not math.isnan(c.certainty[i])]
    if word == "without low certainty":
        return min(sure, default=1) >= 0.7
    if word == "high certainty only":
        return min(sure, default=1) >= 0.9
    return word == "all" or waves[i] != word.removeprefix("without ")


def cell(coding, i, threshold, use_certainty):
    """Value, side and chance of one cell."""
    value, low, high = coding.value[i], coding.low[i], coding.high[i]
    if math.isnan(value):
        side, inside = -1, 0.5
    elif high > low:
        inside = min(max((high - threshold) / (high - low), 0), 1)
        side = 1 if low > threshold else 0 if high < threshold else -1
    else:
        inside = 1.0 if value > threshold else 0.0 if value < threshold else 0.5
        side = {1.0: 1, 0.0: 0}.get(inside, -1)
    sure = coding.certainty[i]
    sure = 1.0 if math.isnan(sure) or not use_certainty else max(sure, 0.5)
    return value, side, sure * inside + (1 - sure) * (1 - inside)


def filled(value, side, chance, word):
    if side >= 0 or word in (None, "as coded"):
        return value, side, chance
    return (1.0, 1, 1.0) if word == "present" else (0.0, 0, 0.0)


def fits(rows, weights):
    both = y_sum = without = neither = 0.0
    for i, yv, ys, _, xv, *_ in rows:
        if ys < 0 or math.isnan(yv) or math.isnan(xv):
            continue
        w = weights[i]
        both += w * min(xv, yv)
        y_sum += w * yv
        without += w * (1 - xv)
        neither += w * (1 - min(xv, yv))
    return both / y_sum if y_sum else None, without / neither if neither else None


def posterior(cells):
    """Mean, P(θ ≥ 0.9) and log10 of the Bayes factor, flat priors, by the midpoint rule."""
    like = {1: [], 0: []}
    for step in range(STEPS):
        theta = (step + 0.5) / STEPS
        for s in (1, 0):
            log = sum(w * math.log(p * theta + (1 - p) * (1 - theta)) for w, p in cells[s])
            like[s].append(math.exp(log))
    one, other = sum(like[1]) / STEPS, sum(like[0]) / STEPS
    common = sum(a * b for a, b in zip(like[1], like[0], strict=True)) / STEPS
    mean = sum(v * (k + 0.5) / STEPS for k, v in enumerate(like[1])) / STEPS / one
    high = sum(like[1][round(0.9 * STEPS) :]) / STEPS / one
    return mean, high, math.log10(one * other / common)
