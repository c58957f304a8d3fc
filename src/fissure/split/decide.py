"""From choices to kind and verdict, for one group."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fissure.measures import defection
from fissure.models.blocs import find_blocs
from fissure.results import Kind, Verdict
from fissure.split.criteria import Shape, shape_of
from fissure.split.crossfit import CrossFit, cross_fit, item_bootstrap
from fissure.split.null import null_depths
from fissure.split.power import deepest, detection, smallest_detectable_depth
from fissure.split.settings import SplitSettings

__all__ = ["Decision", "Recount", "decide", "decide_again"]

Tell = Callable[[str], None]
Labels = NDArray[np.int8]


@dataclass(frozen=True)
class Decision:
    """What was decided about a group, and the evidence.

    Parameters
    ----------
    labels
        Bloc of each actor: 0 for the largest; −1 for defectors set aside.
    n_blocs
        Blocs in ``labels``.
    pair, shape
        Evidence about the two blocs that the depth speaks of.
    probability
        Share of resamplings in which the criteria of the verdict hold.
    null
        Mean square gaps in simulated records without blocs.
    p_value
        How often those are as deep.
    found
        Which simulated splits of rising depth the same test found.
    deepest
        Depth of blocs that stand 90 to 10 on every item that divided the group.
    smallest
        Smallest depth that would have been found; None for none up to ``deepest``.
    """

    verdict: Verdict
    kind: Kind
    labels: Labels
    n_blocs: int
    pair: CrossFit
    shape: Shape
    probability: float
    null: NDArray[np.float64]
    p_value: float
    found: NDArray[np.bool_]
    deepest: float
    smallest: float | None
    balance: float


@dataclass(frozen=True)
class Recount:
    """The verdict on other choices of the same group, with the meanings of :class:`Decision`."""

    verdict: Verdict
    kind: Kind
    labels: Labels
    shape: Shape
    probability: float


@dataclass(frozen=True)
class _Look:
    """One look at a set of actors: the blocs, and the evidence about the two largest."""

    labels: Labels
    n_blocs: int
    pair: CrossFit
    shape: Shape
    probability: float


def decide(
    y: NDArray[np.int8],
    yea: NDArray[np.int8],
    order: NDArray[np.intp],
    settings: SplitSettings,
    seed: np.random.SeedSequence,
    tell: Tell = lambda stage: None,
) -> Decision:
    """Decide about one group.

    All actors are looked at first. If they are not split, a handful who voted against the majority
    of all others more often than with it are set aside as defectors, and the rest are looked at
    again.

    Parameters
    ----------
    y
        Choices with each item turned by ``yea``, int8 of shape (n_actors, n_items).
    yea
        For each item, +1 where +1 in ``y`` is yea and −1 where it is nay.
    order
        The items in time.
    settings
        Thresholds.
    seed
        Source of all draws.
    tell
        Called with the name of each stage as it begins.
    """
    seeds = seed.spawn(4)
    tell("finding blocs")
    look, aside = _seek(y, order, settings, seeds[:2])
    tell("simulating records without blocs")
    rest = y[~aside]
    null = null_depths(rest, yea, settings.null_draws, 1, seeds[2])
    p_value = (1 + int((null >= look.pair.mean_square).sum())) / (1 + len(null))
    tell("finding the smallest detectable depth")
    small = int(np.count_nonzero(look.pair.labels == 1))
    # a handful would be called defectors however deep: power is about blocs beyond that
    small = max(min(small, len(rest) // 2), min(settings.handful(len(rest)) + 1, len(rest) // 2))
    critical = float(np.quantile(null, 1 - settings.level))
    found = detection(rest, small, critical, settings, seeds[3])
    # blocs like those simulated have to fit on the items that divided the group
    divided = (rest > 0).any(axis=0) & (rest < 0).any(axis=0)
    most = deepest(int(divided.sum()), rest.shape[1])
    smallest = smallest_detectable_depth(found, most)
    kind, verdict, handful = _name(look, p_value, smallest, bool(aside.any()), settings)
    labels = _labels(look, aside, handful)
    return Decision(
        verdict=verdict,
        kind=kind,
        labels=labels,
        n_blocs=int(labels.max()) + 1,
        pair=_widen(look.pair, aside),
        shape=look.shape,
        probability=look.probability if p_value <= settings.level else 0.0,
        null=null,
        p_value=p_value,
        found=found,
        deepest=most,
        smallest=smallest,
        balance=float(np.mean(look.pair.labels == 1)),
    )


def decide_again(
    y: NDArray[np.int8],
    order: NDArray[np.intp],
    settings: SplitSettings,
    seed: np.random.SeedSequence,
    null: NDArray[np.float64],
    smallest: float | None,
) -> Recount:
    """Decide by the same rule about other choices of the same group; blocs are found anew.

    Parameters
    ----------
    y, order, settings, seed
        As for :func:`decide`. The same seed may be given again: items are then halved and resampled
        alike.
    null, smallest
        Null and power of the group's own records: they are not simulated again.
    """
    fresh = np.random.SeedSequence(seed.entropy, spawn_key=seed.spawn_key)
    look, aside = _seek(y, order, settings, fresh.spawn(2))
    p_value = (1 + int((null >= look.pair.mean_square).sum())) / (1 + len(null))
    kind, verdict, handful = _name(look, p_value, smallest, bool(aside.any()), settings)
    return Recount(
        verdict=verdict,
        kind=kind,
        labels=_labels(look, aside, handful),
        shape=look.shape,
        probability=look.probability if p_value <= settings.level else 0.0,
    )


def _seek(
    y: NDArray[np.int8],
    order: NDArray[np.intp],
    settings: SplitSettings,
    seeds: list[np.random.SeedSequence],
) -> tuple[_Look, NDArray[np.bool_]]:
    """A look at all actors, or without a handful set aside; and who was."""
    look = _look(y, order, settings, seeds[0])
    aside = np.zeros(len(y), bool)
    if look.probability < settings.confidence:
        aside = _handful(defection(y), settings)
        if aside.any():
            look = _look(y[~aside], order, settings, seeds[1])
    return look, aside


def _labels(look: _Look, aside: NDArray[np.bool_], handful: NDArray[np.bool_] | None) -> Labels:
    """Blocs of all actors, −1 for those set aside or named defectors."""
    labels = np.full(len(aside), -1, np.int8)
    labels[~aside] = np.where(handful, -1, look.labels) if handful is not None else look.labels
    return labels


def _handful(against: NDArray[np.float64], settings: SplitSettings) -> NDArray[np.bool_]:
    """Who voted against all others' majority more than half of the time, if few and far from the
    rest.

    A group that is a continuum has members at its end who do so too: without a step between them
    and the rest nobody is set aside.
    """
    aside = np.nan_to_num(against) > 0.5
    n, few = len(against), int(aside.sum())
    if not 0 < few <= settings.handful(n) or n - few < 4:
        return np.zeros(n, bool)
    step = against[aside].min() - np.nanmax(against[~aside])
    return aside if step >= settings.min_standoff else np.zeros(n, bool)


def _look(
    y: NDArray[np.int8],
    order: NDArray[np.intp],
    settings: SplitSettings,
    seed: np.random.SeedSequence,
) -> _Look:
    """Two blocs, and more where every pair of them would be a split by itself."""
    rng = np.random.default_rng(seed)
    weights = item_bootstrap(y.shape[1], settings.draws, rng, order)
    fit = cross_fit(y, repeats=settings.repeats, rng=rng)[0, 1]
    shape = shape_of(fit, weights, settings)
    best = _Look(fit.labels, 2, fit, shape, shape.probability)
    for k in range(3, min(settings.max_blocs, len(y) // 2) + 1):
        labels = find_blocs(y, k)[0]
        if np.bincount(labels, minlength=k).min() <= settings.handful(len(y)):
            continue
        trial = cross_fit(y, repeats=2, rng=rng, n_blocs=k, labels=labels)
        if min(f.depth for f in trial.values()) < 0.8 * settings.min_depth:
            continue  # far from every pair being a split: the full number of halves is not needed
        fits = cross_fit(y, repeats=settings.repeats, rng=rng, n_blocs=k, labels=labels)
        shapes = {pair: shape_of(f, weights, settings) for pair, f in fits.items()}
        hold = float(np.logical_and.reduce([s.holds for s in shapes.values()]).mean())
        if hold >= settings.confidence:
            best = _Look(labels, k, fits[0, 1], shapes[0, 1], hold)
    return best


def _name(
    look: _Look, p_value: float, smallest: float | None, set_aside: bool, settings: SplitSettings
) -> tuple[Kind, Verdict, NDArray[np.bool_] | None]:
    """Kind and verdict; and whom of those looked at the kind makes defectors."""
    n = len(look.labels)
    real = p_value <= settings.level
    small = np.count_nonzero(look.pair.labels == 1)
    deep = look.shape.depth >= settings.min_depth
    if real and look.n_blocs == 2 and deep and small <= settings.handful(n):
        return "defectors", _no_split(smallest, settings), look.pair.labels == 1
    if real and look.probability >= settings.confidence:
        return ("split" if look.n_blocs == 2 else "fragments"), "split", None
    if set_aside:
        kind: Kind = "defectors"
    elif not real or look.shape.depth < settings.unity_depth:
        kind = "unity"
    else:
        kind = "spectrum"
    if real and look.probability > 1 - settings.confidence:
        return kind, "cannot tell", None
    return kind, _no_split(smallest, settings), None


def _no_split(smallest: float | None, settings: SplitSettings) -> Verdict:
    """*No split* may only be said where a clear split would have been found."""
    return (
        "no split" if smallest is not None and smallest <= settings.clear_depth else "cannot tell"
    )


def _widen(pair: CrossFit, aside: NDArray[np.bool_]) -> CrossFit:
    """Give the arrays of a fit without some actors the size of the group again."""
    if not aside.any():
        return pair
    n, j = len(aside), len(pair.squared)
    labels = np.full(n, -1, np.int8)
    labels[~aside] = pair.labels
    probability = np.ones(n)
    probability[~aside] = pair.probability
    sides = np.zeros((4, j, n), np.float32)
    sides[:, :, ~aside] = pair.sides
    halves = np.full((len(pair.halves), n), -1, np.int8)
    halves[:, ~aside] = pair.halves
    return CrossFit(labels, probability, pair.squared, pair.opposed, sides, halves, pair.tested)
