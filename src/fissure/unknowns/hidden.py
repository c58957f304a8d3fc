"""Hidden dissent: for what share of members voting against their views would the verdict change?"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from fissure.matrix import Matrix
from fissure.measures import defection
from fissure.results import Curve, Group, HiddenDissent
from fissure.split.settings import SplitSettings
from fissure.unknowns.tipping import Body, follow

__all__ = ["hidden_dissent"]

Choices = NDArray[np.int8]
Mask = NDArray[np.bool_]
Recode = Callable[[float], Choices]


def hidden_dissent(
    matrix: Matrix,
    group: Group,
    settings: SplitSettings | None = None,
    seed: int = 1,
) -> HiddenDissent:
    """How many votes against the members' own views would it take to change the verdict?

    Public records bound only the *revealed* cleavage. This turns recorded choices into those that
    members may have wished for, and asks for the verdict again.

    - A **split** may hide *agreement*: a member who stood against the other bloc's majority agreed
      with it at heart. At random: any such choice on an item on which the blocs were opposed.
      Worst case: the least firm members agree with the one bloc as often as with the other, and so
      fill the middle.
    - Otherwise the records may hide *dissent*: a latent bloc voted with the group's majority and
      at heart stood against it. At random: members drawn at random, as many as the smaller bloc
      has, each on items of their own. Worst case: the smallest bloc that is more than a handful,
      those who dissent most in public first, all on the same items, the most united first.

    Parameters
    ----------
    matrix
        The group's matrix, as its verdict saw it.
    group
        Its verdict.
    settings, seed
        As for the verdict.

    References
    ----------
    Kuran (1995), *Private Truths, Public Lies*; Frank, Maroulis, Duong and Kelcey (2013), "What
    Would It Take to Change an Inference?", Educational Evaluation and Policy Analysis 35(4),
    437-460.
    """
    body = Body.of(matrix, group, settings or SplitSettings(), seed)
    if group.verdict == "split":
        hides, random, worst = "agreement", _agree_at_random(body), _agree_least_firm(body)
    else:
        hides, random, worst = "dissent", _dissent_at_random(body), _dissent_together(body)
    n_choices = int(np.count_nonzero(body.y))

    def share(dial: float, changed: int) -> float:
        return changed / n_choices

    at_random, _ = follow(body, random, share)
    worst_case, dial = follow(body, worst, share)
    tips = [c.tipping_point for c in (worst_case, at_random) if c.tipping_point is not None]
    n_random = _n_members(body.y, random(1.0))
    n_worst = _n_members(body.y, worst(1.0 if dial is None else dial))
    return HiddenDissent(
        hides=hides,
        at_random=at_random,
        worst_case=worst_case,
        n_members_random=n_random,
        n_members=n_worst,
        threshold=body.settings.min_depth,
        tipping_point=min(tips, default=None),
        sentence=_sentence(hides, group, at_random, worst_case, n_random, n_worst),
    )


def _n_members(y: Choices, recoded: Choices) -> int:
    return int((y != recoded).any(axis=1).sum())


def _stands(body: Body) -> Mask:
    """Choices against the other bloc's majority, on items on which the two blocs were opposed."""
    sums = [body.y[body.labels == k].sum(axis=0, dtype=np.int64) for k in (0, 1)]
    opposed = sums[0] * sums[1] < 0
    out = np.zeros(body.y.shape, bool)
    for own, other in ((0, 1), (1, 0)):
        inside = body.labels == own
        out[inside] = opposed & (body.y[inside] * np.sign(sums[other]) < 0)
    return out


def _agree_at_random(body: Body) -> Recode:
    """Any stand against the other bloc hides agreement, up to half of all of them.

    Beyond half the records are those of the same two blocs with their sides exchanged.
    """
    stands, uniform = _stands(body), body.rng("agreement at random").random(body.y.shape)
    return lambda dial: _turned(body.y, stands & (uniform < dial / 2))


def _agree_least_firm(body: Body) -> Recode:
    """Members agree with either bloc equally often, the least firm first."""
    stands, uniform = _stands(body), body.rng("agreement, least firm").random(body.y.shape)
    met = stands.sum(axis=1)
    firm = np.where(met > 0, met, 0) / np.maximum(_opposed_choices(body), 1)
    order = np.argsort(firm, kind="stable")
    order = order[(met[order] > 0) & (body.labels[order] >= 0) & (body.labels[order] < 2)]

    def recode(dial: float) -> Choices:
        chosen = np.zeros(len(body.y), bool)
        chosen[order[: round(dial * len(order))]] = True
        return _turned(body.y, stands & chosen[:, None] & (uniform < 0.5))

    return recode


def _opposed_choices(body: Body) -> NDArray[np.int64]:
    """How many choices each member made on items on which the two blocs were opposed."""
    sums = [body.y[body.labels == k].sum(axis=0, dtype=np.int64) for k in (0, 1)]
    return np.count_nonzero(body.y[:, sums[0] * sums[1] < 0], axis=1)


def _dissent_at_random(body: Body) -> Recode:
    """Members drawn at random, as many as the smaller bloc has, each on items of their own."""
    rng = body.rng("dissent at random")
    n = len(body.y)
    smaller = round(body.group.balance * (n - len(body.group.defectors)))
    size = min(max(smaller, body.settings.handful(n) + 1), n // 2)
    chosen = np.zeros(n, bool)
    chosen[rng.permutation(n)[:size]] = True
    loyal, uniform = _with_majority(body.y) & chosen[:, None], rng.random(body.y.shape)
    return lambda dial: _turned(body.y, loyal & (uniform < dial))


def _dissent_together(body: Body) -> Recode:
    """The smallest bloc beyond a handful, on the same items."""
    n, n_items = body.y.shape
    size = min(body.settings.handful(n) + 1, n // 2)
    chosen = np.zeros(n, bool)
    chosen[np.argsort(-np.nan_to_num(defection(body.y)), kind="stable")[:size]] = True
    loyal = _with_majority(body.y) & chosen[:, None]
    rest = body.y[~chosen]
    unity = rest.sum(axis=0) / np.maximum(np.count_nonzero(rest, axis=0), 1)
    # among items equally united a random order: a stretch of time would be one block to resample
    random = body.rng("dissent together").random(n_items)
    rank = np.empty(n_items, np.intp)
    rank[np.lexsort([random, -np.abs(unity)])] = np.arange(n_items)
    # the depth of a bloc apart on a share of the items grows with the root of that share
    return lambda dial: _turned(body.y, loyal & (rank < round(dial**2 * n_items)))


def _with_majority(y: Choices) -> Mask:
    """Choices with the majority of all; every item has been turned so that this is +1."""
    return y > 0


def _turned(y: Choices, which: Mask) -> Choices:
    return np.where(which, -y, y).astype(np.int8)


def _sentence(
    hides: str, group: Group, random: Curve, worst: Curve, n_random: int, n_worst: int
) -> str:
    """The tipping points in plain words."""
    view = "agreed with the other bloc" if hides == "agreement" else "stood against the group"
    who = "the least firm members" if hides == "agreement" else "the same members"
    n = f"{n_worst} of {group.n_actors}"
    members = f"{n_random} member{'' if n_random == 1 else 's'}"

    def at(curve: Curve, how: str) -> str:
        most = max(p.share for p in curve.points)
        if curve.tipping_point is None:
            return f"{how} it would stay up to {most:.1%}, all that could be hidden so"
        return f"{how} it would change to {curve.becomes} at {curve.tipping_point:.1%}"

    return (
        f"Had members voted against their views because they secretly {view}, for what share of "
        f"members on the average vote would the verdict ({group.verdict}) change? "
        f"{at(worst, f'If it was always {who} ({n}),')}; "
        f"{at(random, f'spread at random over {members} and the votes,')}."
    )
