"""Q2: what would an insider add to what the records say?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import fields
from typing import Any

import numpy as np

from fissure.errors import DataError, SettingError
from fissure.results import Group, Split
from fissure.results.insider import Asked, Insider, Maybe
from fissure.split.provenance import versions_used
from fissure.split.settings import SplitSettings
from fissure.unknowns.insider_words import assumed, differing, frequencies, sentence
from fissure.unknowns.next_source import Asking, rank_sources
from fissure.unknowns.odds import Reading, read_group
from fissure.unknowns.ranges import Number, ends
from fissure.unknowns.testimony import Informant, Panel, Says, law, panel_of, voices
from fissure.unknowns.weighing import Weighed, enough, maybe, needed, speaks_for, weigh, word
from fissure.unknowns.worth import entropy

__all__ = ["insider"]


def insider(
    verdict: Split | Group | Number | None = None,
    says: Says | Sequence[Says] | None = None,
    *,
    sensitivity: Number | None = None,
    false_alarm: Number | None = None,
    bias: Number = 0.0,
    interest: Says | None = None,
    correlation: Number = 0.0,
    n: int | None = None,
    informants: Sequence[Informant] | None = None,
    group: str | None = None,
    prior: Number | None = None,
    base_rate: Number | None = None,
    confidence: float | None = None,
    members: int | None = None,
    error: float = 0.1,
    more: int = 10,
    costs: Mapping[str, float] | None = None,
    settings: SplitSettings | None = None,
) -> Insider:
    """What would an insider add: the updated verdict, what it takes to change it, and what to ask.

    A statement counts by its likelihood ratio: how much likelier it is if there is a split than if
    there is none. An informant who would say the same in any case has ratio 1 and moves nothing,
    whatever they say. Wherever a number is taken, a range (low, high) is taken too, and ranges are
    given back.

    Parameters
    ----------
    verdict
        What was known before: an answer of :func:`~fissure.split.split`, one of its groups, or a
        probability of a split.
    says
        What was said, ``split`` or ``no split``: one word, or one for each informant; None before
        asking.
    sensitivity, false_alarm
        How often such informants say *split* where there is one, and where there is none, 0 to 1.
    bias, interest
        Probability that an informant is an interested party, and what the interested say in any
        case; whatever was said, where not given.
    correlation
        Shared access, 0 to 1: the correlation of what two informants who are alike say. At 1 they
        count as one, at 0 they are independent.
    n
        Number of informants with these settings; as many as there are words, or 1, if not given.
    informants
        Instead of all these: a list of :class:`Informant`, who may differ.
    group
        Which group of a Split; the first where not given.
    prior
        P(split) before the testimony, instead of what the records give.
    base_rate
        P(split) before the records, where the prior is read from them. Where not given: the share
        of splits among the worlds drawn for ``unknowns.chances``, or 0.5 where the group has none.
    confidence
        Probability from which on the verdict is *split*; *no split* is said up to one minus this.
        The verdict's own, or 0.95, where not given.
    members
        Members of the group, for the value of a whip count; known where there is a group.
    error
        Probability that an entry of a whip count, or a member's word on themselves, is wrong.
    more
        How many further items to value.
    costs
        Cost of sources to get next, by name; 1 where not given.
    settings
        Settings of the verdict; those stored with a Split where not given.

    Returns
    -------
    Insider
        Posterior, three-way word, credibility needed, expected worth, and what to ask next.

    Raises
    ------
    SettingError
        If a number or word is outside what is allowed, or the statements are impossible.
    DataError
        If there is no such group.

    Source
    ------
    Likelihood ratios and mutual information are textbook (Shannon 1948). The verdict as a
    probability: :func:`~fissure.unknowns.odds.read_group`; the joint law of statements:
    :func:`~fissure.unknowns.testimony.law`.

    Examples
    --------
    >>> import fissure as fs
    >>> one = fs.insider(0.3, says="split", sensitivity=0.8, false_alarm=0.2)
    >>> round(one.posterior, 3), one.verdict_after, round(one.credibility_needed, 1)
    (0.632, 'cannot tell', 44.3)
    >>> strategic = fs.insider(0.3, "split", sensitivity=0.8, false_alarm=0.2, bias=1.0)
    >>> round(strategic.posterior, 3), strategic.credibility
    (0.3, 1.0)
    """
    _check(verdict, members, error, more)
    _check_prior(verdict, prior, base_rate)
    _check_kinds(costs, settings)
    heard, chosen = _records(verdict, group), settings or _settings(verdict)
    c = chosen.confidence if confidence is None else _confidence(confidence)
    reading = None
    if prior is None:
        prior, reading = _prior(verdict, heard, chosen, base_rate)
    people = _people(informants, says, sensitivity, false_alarm, bias, interest, n)
    panel = panel_of(people, prior, correlation)
    weighed = weigh(panel)
    size = members if members is not None or heard is None else heard.n_actors
    asking = Asking(size, error, more, heard, chosen, costs or {}, c)
    given = {"correlation": list(ends("correlation", correlation)), "confidence": c,
             "error": error, "more": more, "members": size, "costs": dict(costs or {}),
             "reading": _told(reading),
             "verdict": {f: getattr(chosen, f) for f in _USED}}  # fmt: skip
    return _answer(panel, people, weighed, reading, asking, given)


#: Members of a whip count, and further items, at most: beyond them nothing is left to learn.
MOST_COUNTED = 100_000
#: Settings of the verdict that are used here.
_USED = ("min_depth", "level")


def _check(verdict: object, members: object, error: object, more: object) -> None:
    allowed = (Split, Group, int, float, tuple, list, np.integer, np.floating, type(None))
    if isinstance(verdict, bool) or not isinstance(verdict, allowed):
        raise SettingError(
            "verdict must be a Split, one of its groups, a probability or a range of it, got "
            f"{type(verdict).__name__}"
        )
    ends("error", error)
    if isinstance(error, tuple | list):
        raise SettingError(f"error must be one number, 0..1, got {error!r}")
    for name, value in (("members", members), ("more", more)):
        if name == "members" and value is None:
            continue
        if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= MOST_COUNTED:
            raise SettingError(f"{name} must be a whole number, 1..{MOST_COUNTED:,}, got {value!r}")


def _check_prior(verdict: object, prior: object, base_rate: object) -> None:
    """A prior that would be passed over in silence is refused."""
    of_records = isinstance(verdict, Split | Group)
    if prior is not None and verdict is not None and not of_records:
        raise SettingError(
            f"give either a probability of a split ({verdict!r}) or prior={prior!r}, not both"
        )
    if base_rate is None or (prior is None and (of_records or verdict is None)):
        return
    given = "a probability of a split" if prior is None else f"prior={prior!r}"
    raise SettingError(
        f"base_rate={base_rate!r} is what records start from; with {given} none are read: give one "
        "of the two"
    )


def _check_kinds(costs: object, settings: object) -> None:
    if costs is not None and not isinstance(costs, Mapping):
        raise SettingError(f"costs must be a mapping from sources to numbers, got {costs!r}")
    for name, cost in (costs or {}).items():
        if isinstance(cost, bool) or not isinstance(cost, int | float | np.integer | np.floating):
            raise SettingError(f"costs: {name!r} must cost a number, got {cost!r}")
    if settings is not None and not isinstance(settings, SplitSettings):
        raise SettingError(f"settings must be SplitSettings, got {type(settings).__name__}")


def _confidence(value: object) -> float:
    is_number = isinstance(value, int | float | np.floating) and not isinstance(value, bool)
    if not is_number or not 0.5 < value < 1:  # type: ignore[operator]
        raise SettingError(f"confidence must lie between 0.5 and 1, got {value!r}")
    return float(value)  # type: ignore[arg-type]


def _records(verdict: object, name: str | None) -> Group | None:
    if isinstance(verdict, Group):
        return verdict
    if not isinstance(verdict, Split):
        if name is not None:
            raise SettingError(f"group={name!r} needs a Split to choose from, got {verdict!r}")
        return None
    if not verdict.groups:
        raise DataError("this answer has no group about which anything could be said")
    if name is None:
        return verdict.groups[0]
    for group in verdict.groups:
        if group.name == name:
            return group
    raise DataError(f"no group {name!r}; there are {', '.join(g.name for g in verdict.groups)}")


def _settings(verdict: object) -> SplitSettings:
    if not isinstance(verdict, Split):
        return SplitSettings()
    known = {f.name for f in fields(SplitSettings)}
    return SplitSettings(**{k: v for k, v in verdict.settings.items() if k in known})


def _prior(
    verdict: Any, heard: Group | None, settings: SplitSettings, base_rate: Number | None
) -> tuple[Number, Reading | None]:
    if heard is not None:
        reading = read_group(heard, settings, base_rate)
        return (reading.low, reading.high), reading
    if verdict is None:
        raise SettingError("nothing to go by: give a verdict, or prior= as a probability, 0..1")
    return ends("the probability of a split", verdict), None


def _people(
    informants: Sequence[Informant] | None,
    says: Says | Sequence[Says] | None,
    sensitivity: Number | None,
    false_alarm: Number | None,
    bias: Number,
    interest: Says | None,
    n: int | None,
) -> list[Informant]:
    if informants is not None:
        if bias != 0.0 or any(v is not None for v in (says, sensitivity, false_alarm, interest, n)):
            raise SettingError("give either informants=[...] or says, sensitivity and so on of one")
        if not isinstance(informants, Sequence):
            raise SettingError(
                f"informants must be a list of Informant objects, got {informants!r}"
            )
        for one in informants:
            if not isinstance(one, Informant):
                raise SettingError(f"informants must be Informant objects, got {one!r}")
        return list(informants)
    if sensitivity is None or false_alarm is None:
        lacking = "sensitivity" if sensitivity is None else "false_alarm"
        raise SettingError(f"{lacking} must be given: how often such an informant says split, 0..1")
    if not (says is None or isinstance(says, Sequence)):
        raise SettingError(f"says must be 'split' or 'no split', or a list of these, got {says!r}")
    words = [says] if says is None or isinstance(says, str) else list(says)
    if n is not None and (isinstance(n, bool) or not isinstance(n, int) or n < 1):
        raise SettingError(f"n must be a whole number of 1 or more, got {n!r}")
    if n is not None and len(words) not in (1, n):
        raise SettingError(f"n={n} informants cannot have said {len(words)} words")
    words = words * (n or 1) if len(words) == 1 else words
    return [Informant(sensitivity, false_alarm, w, bias, interest) for w in words]


def _sides(weighed: Weighed, people: Sequence[Informant]) -> tuple[Says | None, Says | None]:
    """The word that is said, and the one that it speaks for: these can be contraries.

    Where informants contradict each other both are what all together speak for.
    """
    words = {i.says for i in people}
    said = words.pop() if len(words) == 1 else speaks_for(weighed.ratio, None)
    return said, speaks_for(weighed.ratio, said)


def _answer(
    panel: Panel,
    people: list[Informant],
    w: Weighed,
    reading: Reading | None,
    asking: Asking,
    given: dict[str, Any],
) -> Insider:
    c = asking.confidence
    before, sides = word(w.prior, c), _sides(w, people)
    said, towards = sides
    after = None if w.posterior is None else word(w.posterior, c)
    least = needed(w.prior, before, towards, c)
    exact = bool((panel.low == panel.high).all())
    count = None
    if exact and panel.alike and towards is not None and least is not None and least[0] < np.inf:
        count = enough(panel, towards, least[0])
    rho = panel.low[1], panel.high[1]
    size = panel.n
    credibility = _credibility(w, said)
    missing = _missing(w.prior)
    prior, bits, brier = maybe(w.prior), maybe(w.information), maybe(w.variance)
    posterior = None if w.posterior is None else maybe(w.posterior)
    need = None if least is None or least[0] == np.inf else maybe(least)
    verdict = records = None
    if asking.group is not None:
        verdict = asking.group.verdict
        if reading is not None:
            records = verdict, differing(before, asking.group, asking.settings)
    words = sentence(
        prior, posterior, before, after, records, people, credibility, need,
        0 if reading is None else reading.edge, sides, (bits, brier), missing,
    )  # fmt: skip
    return Insider(
        sentence=words,
        group=None if asking.group is None else asking.group.name,
        prior=prior,
        posterior=posterior,
        verdict_before=before,
        verdict_after=after,
        verdict_of_records=verdict,
        likelihood_ratio=None if w.ratio is None else _bounded(w.ratio),
        credibility=credibility,
        credibility_needed=need,
        informants_needed=count,
        effective_number=maybe(
            (size / (1 + (size - 1) * rho[1]), size / (1 + (size - 1) * rho[0]))
        ),
        expected_information=bits,
        missing_information=missing[0],
        expected_variance_reduction=brier,
        expected_brier_reduction=brier,
        missing_variance=missing[1],
        frequencies=frequencies(w.prior[0], _likelihoods(panel), people) if exact else "",
        informants=tuple(_asked(i) for i in people),
        options=rank_sources(panel, people, w.posterior or w.prior, asking),
        assumptions=assumed(people, reading, asking, w, rho),
        settings=given,
        versions=versions_used(),
    )


def _likelihoods(panel: Panel) -> tuple[float, float] | None:
    """P(what was said | split) and P(the same | none) where nothing is a range."""
    if panel.said is None:
        return None
    point = panel.low[None]
    one, none = (law(v, point[:, 1], panel.said[None]) for v in panel.channels(point))
    return float(one[0, 0]), float(none[0, 0])


def _credibility(w: Weighed, said: Says | None) -> Maybe | None:
    if w.ratio is None or said is None:
        return None
    low, high = w.ratio
    if said == "no split":
        low, high = (1 / v if v > 0 else float("inf") for v in (high, low))
    return _bounded((low, high))


def _bounded(pair: tuple[float, float]) -> Maybe | None:
    return None if pair[0] == np.inf else maybe(pair)


def _missing(prior: tuple[float, float]) -> tuple[Maybe, Maybe]:
    """Bits and variance that a perfect informant would take away; both largest at one half."""
    at = np.array([*prior, 0.5 if prior[0] <= 0.5 <= prior[1] else prior[0]])
    bits, variance = entropy(at), at * (1 - at)
    return (
        maybe((float(bits.min()), float(bits.max()))),
        maybe((float(variance.min()), float(variance.max()))),
    )


def _asked(i: Informant) -> Asked:
    a, b, q = (ends(f, getattr(i, f)) for f in ("sensitivity", "false_alarm", "bias"))
    interest = i.interest or i.says
    suits = np.array(float(interest == "split"))
    # each is monotone in its two numbers, so the ends are at corners
    corners = [voices(np.array(x), np.array(y), np.array(z), suits)
               for x, y in zip(a, b, strict=True) for z in q]  # fmt: skip
    heard = [
        (min(v), max(v)) for v in zip(*((float(p), float(r)) for p, r in corners), strict=True)
    ]
    shown = [maybe(v) for v in (a, b, q, *heard)]
    return Asked(i.name, i.says, shown[0], shown[1], shown[2], interest, shown[3], shown[4])


def _told(reading: Reading | None) -> dict[str, Any] | None:
    if reading is None:
        return None
    return {"base_rate": list(reading.base_rate), "power": reading.power,
            "false_alarm": reading.false_alarm, "likelihood_ratio": reading.ratio,
            "how": reading.how,
            "worlds": None if reading.worlds is None else list(reading.worlds)}  # fmt: skip
