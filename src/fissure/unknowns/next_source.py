"""Which informant or record to get next: what each is expected to give."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from fissure.errors import SettingError
from fissure.results import Group
from fissure.results.insider import Range, Source
from fissure.split.settings import SplitSettings
from fissure.unknowns.odds import smallest_depth
from fissure.unknowns.ranges import extremes
from fissure.unknowns.sources import more_items, whip_count
from fissure.unknowns.testimony import Informant, Panel, law, posterior
from fissure.unknowns.weighing import believed, maybe, word
from fissure.unknowns.worth import information, variance_reduction

__all__ = ["Asking", "rank_sources"]

Array = NDArray[np.float64]
Ends = tuple[float, float]
Laws = tuple[Array, Array]
MEASURES = (information, variance_reduction)


@dataclass(frozen=True)
class Asking:
    """What is known about the sources that could be asked next.

    Parameters
    ----------
    members
        Members of the group; None where not known.
    error
        Probability that an entry of a whip count, or one member's word, is wrong.
    more
        How many further items are thought of.
    group
        The group whose records are at hand; None for none.
    costs
        Cost of each source by name, where it is not 1.
    """

    members: int | None
    error: float
    more: int
    group: Group | None
    settings: SplitSettings
    costs: Mapping[str, float]
    confidence: float


def rank_sources(
    panel: Panel, informants: Sequence[Informant], now: Ends, asking: Asking
) -> tuple[Source, ...]:
    """All sources that can be valued, by information per cost.

    Parameters
    ----------
    panel, informants
        Who was heard, or is thought of.
    now
        Low and high end of P(split) as it stands.
    asking
        About the other sources.

    Raises
    ------
    SettingError
        If a cost is not above 0, or is given for no source.
    """
    found = _informants(panel, informants, asking)
    found += [_record(*entry, now, asking) for entry in _records(asking)]
    names = [s.name for s in found]
    for name, cost in asking.costs.items():
        if name not in names:
            raise SettingError(f"costs: no source {name!r}; there are {', '.join(names)}")
        if not 0 < cost < float("inf"):
            raise SettingError(f"costs: {name!r} must cost more than 0, got {cost!r}")
    priced = [_price(s, float(asking.costs.get(s.name, 1.0))) for s in found]
    # rounded, so that what is worth the same keeps its order on every machine
    return tuple(sorted(priced, key=lambda s: -round(_middle(s.information_per_cost), 12)))


def _records(asking: Asking) -> list[tuple[str, str, Laws]]:
    out = [
        (
            "member",
            f"one member's word on their own stand (wrong in {asking.error:.0%} of cases)",
            whip_count(1, asking.error),
        )
    ]
    if asking.members is not None:
        what = f"a leaked whip count of all {asking.members} members"
        laws = whip_count(asking.members, asking.error)
        out.append(("whip count", f"{what} ({asking.error:.0%} of entries wrong)", laws))
    if asking.group is not None:
        g, s = asking.group, asking.settings
        laws = more_items(asking.more, g.n_items, smallest_depth(g), s.level, s.min_depth)
        out.append(("items", f"{asking.more} more items of the same sort", laws))
    return out


def _record(name: str, what: str, laws: Laws, now: Ends, asking: Asking) -> Source:
    low, high = (np.array([p]) for p in now)

    def over(measure: Callable[..., Array]) -> Ends | None:
        return extremes(lambda points: measure(points[:, 0], *laws), low, high)

    ends = [over(m) for m in MEASURES]
    change = _change(now[0], laws, asking.confidence) if now[0] == now[1] else None
    return _source(name, what, ends, change)


def _informants(panel: Panel, informants: Sequence[Informant], asking: Asking) -> list[Source]:
    """One more of each sort; where access is shared, also one with access of their own."""
    sorts: dict[tuple[int, float], int] = {}
    for i, key in enumerate(zip(panel.kind.tolist(), panel.suits.tolist(), strict=True)):
        sorts.setdefault(key, i)
    out: list[Source] = []
    first = panel.said is None
    shared = panel.high[1] > 0 and not first
    for k, i in enumerate(sorts.values()):
        name = "informant" if len(sorts) == 1 else f"informant {k + 1}"
        like = informants[i].name or ("" if len(sorts) == 1 else f"number {i + 1}")
        what = "one informant" if first else "one more informant"
        what += f" like {like}" if like else "" if first else " of the same kind"
        reach = ", who shares access with those heard" if shared else ""
        out.append(_informant(name, what + reach, panel, i, True, asking))
        if shared:
            what += ", with access of their own"
            out.append(_informant(f"independent {name}", what, panel, i, False, asking))
    return out


def _informant(name: str, what: str, panel: Panel, i: int, shares: bool, asking: Asking) -> Source:
    def laws(points: Array) -> tuple[Array, Array, Array]:
        """P(split) as it stands, and the laws of the next statement given all that was said."""
        now = believed(panel, points, points[:, 0])
        voices = panel.channels(points)
        if panel.said is None or not shares:
            one, none = (np.column_stack([v[:, i], 1 - v[:, i]]) for v in voices)
            return now, one, none
        said = np.vstack([np.append(panel.said, True), np.append(panel.said, False)])
        joint = (law(np.column_stack([v, v[:, i]]), points[:, 1], said) for v in voices)
        one, none = (_given(j) for j in joint)
        return now, one, none

    def over(measure: Callable[..., Array]) -> Ends | None:
        return extremes(lambda points: measure(*laws(points)), panel.low, panel.high)

    change = None
    if (panel.low == panel.high).all():
        now, one, none = laws(panel.low[None])
        change = _change(float(now[0]), (one, none), asking.confidence)
    return _source(name, what, [over(m) for m in MEASURES], change)


def _given(joint: Array) -> Array:
    """Each row as a law; evenly where what was said before is impossible (it then has no say)."""
    total = joint.sum(axis=1, keepdims=True)
    return np.where(total > 0, joint / np.where(total > 0, total, 1.0), 1 / joint.shape[1])


def _change(now: float, laws: Laws, confidence: float) -> float:
    """Probability that the three-way word is another one afterwards."""
    one, none = laws
    mean = now * one + (1 - now) * none
    after = posterior(np.array([[now]]), one, none)
    before = word((now, now), confidence)
    changed = np.array([word((p, p), confidence) != before for p in after.ravel()])
    return float(mean.ravel()[changed & (mean.ravel() > 0)].sum())


def _source(name: str, what: str, ends: list[Ends | None], change: float | None) -> Source:
    bits, variance = (maybe(e if e is not None else (0.0, 0.0)) for e in ends)
    # the Brier score falls by the variance where a source is as it is believed to be
    return Source(name, what, 1.0, bits, variance, variance, bits, change)


def _price(source: Source, cost: float) -> Source:
    bits = source.expected_information
    if isinstance(bits, Range):
        per = Range(*(None if v is None else v / cost for v in (bits.low, bits.high)))
        return replace(source, cost=cost, information_per_cost=per)
    return replace(source, cost=cost, information_per_cost=bits / cost)


def _middle(value: float | Range) -> float:
    if isinstance(value, Range):
        return ((value.low or 0.0) + (value.high or 0.0)) / 2
    return value
