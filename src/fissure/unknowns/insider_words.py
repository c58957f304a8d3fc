"""What an insider adds, in plain words, the same for either side."""

from __future__ import annotations

from collections.abc import Sequence

from fissure.results import Group, Verdict
from fissure.results.insider import Maybe, Range
from fissure.split.settings import SplitSettings
from fissure.unknowns.chances import what_is_asked
from fissure.unknowns.next_source import Asking
from fissure.unknowns.odds import Reading
from fissure.unknowns.ranges import ends
from fissure.unknowns.testimony import Informant, Says
from fissure.unknowns.weighing import Weighed

__all__ = ["assumed", "differing", "frequencies", "number", "probability", "sentence"]

#: What is nearer to 1 than this is 1 but for rounding.
EVEN = 1e-9
#: The ends of a range of the probability, by how far they are from the word to be reached.
NEAR, FAR = (f"the {w} end of the range of the probability" for w in ("nearest", "farthest"))
#: Cases that are counted in natural frequencies: the first number that leaves no part without one.
SIZES = (1_000, 10_000, 100_000, 1_000_000)


def number(value: Maybe | None, digits: int = 2) -> str:
    """A number, or a range as ``low to high``."""
    if value is None:
        return "without bound"
    if isinstance(value, Range):
        low, high = _ends(value)
        if high < 10.0**-digits or f"{low:.{digits}f}" == f"{high:.{digits}f}":
            return _one(high, digits)
        return f"{low:.{digits}f} to {f'{high:.{digits}f}' if high < float('inf') else 'any'}"
    return _one(value, digits)


def probability(value: Maybe) -> str:
    """A probability to two digits, by words of the same sort near 0 and near 1."""
    if isinstance(value, Range):
        low, high = (probability(v) for v in _ends(value))
        return low if low == high else f"{low} to {high}"
    if 0 < value < 0.01:
        return "less than 0.01"
    return "more than 0.99" if 0.99 < value < 1 else f"{value:.2f}"


def _times_to_one(value: Maybe, digits: int) -> str:
    if not isinstance(value, Range):
        return f"{number(value, digits)} to 1"
    low, high = _ends(value)
    if high == float("inf"):
        return f"{low:.{digits}f} to 1 or more"
    one, other = f"{low:.{digits}f}", f"{high:.{digits}f}"
    return f"{one} to 1" if one == other else f"between {one} and {other} to 1"


def _one(value: float, digits: int) -> str:
    small = 10.0**-digits
    return f"less than {small:g}" if 0 < value < small else f"{value:.{digits}f}"


def sentence(
    prior: Maybe,
    after: Maybe | None,
    before_word: Verdict,
    after_word: Verdict | None,
    records: tuple[Verdict, str] | None,
    informants: Sequence[Informant],
    credibility: Maybe | None,
    asked: Maybe | None,
    edge: int,
    sides: tuple[Says | None, Says | None],
    expected: tuple[Maybe, Maybe],
    missing: tuple[Maybe, Maybe],
) -> str:
    """Prior, testimony, posterior, what it would take, and what could be expected of it.

    ``records`` is the verdict of the records, and why it is another word where it is one; ``edge``
    is that of the :class:`~fissure.unknowns.odds.Reading`; ``sides`` are the word that is said, and
    the one that it speaks for.
    """
    parts = [f"Before any insider a split has probability {probability(prior)} ({before_word})"]
    if records is not None:
        parts[0] += f", as read from records whose verdict is {records[0]}"
    if after is not None and after_word is not None:
        same = ", as before" if after_word == before_word else ""
        parts.append(f"after {_said(informants)} it is {probability(after)} ({after_word}{same})")
    words = ["; ".join(parts) + ".", "" if records is None else records[1]]
    if after is not None:
        words.append(_weight(credibility, sides[0], len(informants)))
    words.append(_change(prior, before_word, sides[1], asked, edge))
    words.append(
        f"Before asking, {number(expected[0])} bits could be expected of "
        f"{'them' if len(informants) > 1 else 'it'}, of {number(missing[0])} that are missing, "
        f"and {number(expected[1], 3)} off a Brier score of {number(missing[1], 3)}."
    )
    return " ".join(w for w in words if w)


def _said(informants: Sequence[Informant]) -> str:
    counts = {w: sum(i.says == w for i in informants) for w in ("split", "no split")}
    return " and ".join(
        f'{n} informant{"s say" if n > 1 else " says"} "{w}"' for w, n in counts.items() if n
    )


def _weight(credibility: Maybe | None, said: Says | None, n: int) -> str:
    whose = "Their word" if n > 1 else "That word"
    if said is None:
        return "What they say does not speak for one side."
    if credibility is None:
        return f"{whose} is taken to be impossible unless it is true."
    # what is 1 but for rounding moves nothing
    low, high = _ends(credibility)
    if max(abs(low - 1), abs(high - 1)) < EVEN:
        return f"{whose} counts 1 to 1 and moves nothing: it is as likely either way."
    so = ""
    if low < 1 - EVEN:
        so = " and so may speak for either"
        if high <= 1 + EVEN:
            so = " and so speaks for the contrary"
            if high > 0:
                turned = Range(1 / high, 1 / low if low > 0 else None)
                contrary = "no split" if said == "split" else "split"
                so += f', {_times_to_one(turned, 2)} for "{contrary}"'
    return f"{whose} counts {_times_to_one(credibility, 2)}{so}."


def _ends(value: Maybe) -> tuple[float, float]:
    if not isinstance(value, Range):
        return value, value
    infinite = float("inf")
    return (
        infinite if value.low is None else value.low,
        infinite if value.high is None else value.high,
    )


def differing(word: Verdict, group: Group, settings: SplitSettings) -> str:
    """Why the verdict of the records is another word than that of the probability, where it is."""
    verdict = group.verdict
    if word == verdict:
        return ""
    if verdict == "cannot tell":
        asked = f"asks that {what_is_asked(word, group, settings)}"
    elif verdict == "split":
        asked = (
            f"asks no more than that the criteria of a split hold in {settings.confidence:.0%} of "
            f"resampled records, and that records without blocs look as deep in at most "
            f"{settings.level:.0%}"
        )
    else:
        asked = (
            "asks no more than that a clear split would have been found in 80 of 100 cases, and "
            f"that {_why_none(group, settings)}"
        )
    still = "open" if verdict == "cannot tell" else f'"{verdict}"'
    return f"The verdict of the records is {still} all the same, since it {asked}."


def _why_none(group: Group, settings: SplitSettings) -> str:
    """Which of the three things that each are enough for *no split* these records give."""
    if group.null.p_value > settings.level:
        return f"records without blocs look as deep in more than {settings.level:.0%}"
    if group.kind == "defectors" and len(group.blocs) < 2:
        return "the smaller bloc is no more than a handful"
    return (
        f"the criteria of a split hold in no more than {1 - settings.confidence:.0%} of resampled "
        "records"
    )


def _change(
    prior: Maybe, verdict: Verdict, towards: Says | None, asked: Maybe | None, edge: int
) -> str:
    if prior in (0.0, 1.0):
        return "Nothing can move a probability of 0 or 1."
    if asked is None:
        return f'The probability says "{towards}" already, and no word for it can change that.'
    into, side = _next(prior, verdict, towards)
    word = "a word" if side is None else f'a word for "{side}"'
    beyond = ""
    if edge and side is not None:
        less = (side == "split") == (edge > 0)
        beyond = f", and perhaps {'less' if less else 'more'} (the worlds drawn can say no more)"
    must = _must_count(asked, prior, verdict, side)
    return f'To make "{verdict}" into {into} {word} {must}{beyond}.'


def _next(prior: Maybe, verdict: Verdict, towards: Says | None) -> tuple[str, Says | None]:
    """The word that a probability comes to next, and what a statement must speak for to get it
    there: the nearer one where the statement may be either.
    """
    if verdict == "split":
        return '"cannot tell"', "no split"
    if verdict == "no split":
        return '"cannot tell"', "split"
    low, high = _ends(prior)
    nearer: Says | None = "split" if low > 0.5 else "no split" if high < 0.5 else None
    side = towards or nearer
    return "another word" if side is None else f'"{side}"', side


def _must_count(asked: Maybe, prior: Maybe, verdict: Verdict, side: Says | None) -> str:
    """What a word must count; over a range of the probability, where it is near and where far."""
    low, high = _ends(asked)
    one, other = f"{low:.1f}", f"{high:.1f}"
    if one == other:
        return f"must count at least {one} to 1"
    there = verdict == "cannot tell" and low <= 1
    if side is None:
        return f"must count at least {_from_the_middle(one, other, prior, there)}"
    if high < float("inf"):
        if there:
            return f'must count at least {other} to 1 at {FAR}; the nearest is "{side}" already'
        return f"must count at least {one} to 1 at {NEAR} and {other} to 1 at the farthest"
    if there:
        return f'is never enough: {NEAR} is "{side}" already, and nothing moves the farthest'
    return f"must count at least {one} to 1 at {NEAR}; nothing moves the farthest"


def _from_the_middle(one: str, other: str, prior: Maybe, there: bool) -> str:
    """The same where either word would do, so that the farthest is a half."""
    if not there:
        return f"{one} to 1 at {NEAR} and {other} to 1 where that is 0.50"
    low, high = _ends(prior)
    fixed = [f"{v:.0f}" for v in (low, high) if v in (0.0, 1.0)]
    end = "an end of its range has another word already"
    if fixed:
        end = f"where it is {' or '.join(fixed)} nothing moves it"
    return f"{other} to 1 where the probability is 0.50; {end}"


def frequencies(
    prior: float, likelihoods: tuple[float, float] | None, informants: Sequence[Informant]
) -> str:
    """The same in natural frequencies: of 1,000 such cases, how many …

    Of as many as are needed to count one; empty where a million are not enough, or nothing is open.
    """
    if likelihoods is None or prior in (0.0, 1.0):
        return ""
    heard_of = prior * likelihoods[0], (1 - prior) * likelihoods[1]
    size = next((k for k in SIZES if k * min(prior, 1 - prior, sum(heard_of)) >= 1), None)
    if size is None:
        return ""
    split = round(size * prior)
    none, yes, no = size - split, *(round(size * v) for v in heard_of)
    heard = "they say this" if len(informants) > 1 else f'the word is "{informants[0].says}"'
    are_splits = f"{split:,} {'is a split' if split == 1 else 'are splits'}"
    are_not = f"{none:,} {'is' if none == 1 else 'are'} not"
    return (
        f"Of {size:,} cases like this one {are_splits} and {are_not}. In {yes:,} of the {split:,} "
        f"{heard}, and in {no:,} of the {none:,}. So where it is said there is a split in {yes:,} "
        f"of these {yes + no:,}."
    )


def assumed(
    informants: Sequence[Informant],
    reading: Reading | None,
    asking: Asking,
    weighed: Weighed,
    correlation: tuple[float, float],
) -> tuple[str, ...]:
    """What was taken for granted, one sentence each."""
    out = [*_from_records(reading)] if reading is not None else []
    if weighed.prior[0] == weighed.prior[1] and weighed.prior[0] in (0.0, 1.0):
        out.append(f"The prior is {weighed.prior[0]:.0f}, which nothing can move.")
    for i in informants:
        who = i.name or "An informant"
        (a, up), (down, b) = ends("sensitivity", i.sensitivity), ends("false_alarm", i.false_alarm)
        if up < down:
            out.append(f"{who} says split less often where there is one than where there is none: "
                       "the word points the other way.")  # fmt: skip
        elif a < b:
            out.append(f"{who} has sensitivity and false alarms in ranges that overlap: the word "
                       "may point either way.")  # fmt: skip
        if i.interest is None and ends("bias", i.bias)[1] > 0:
            out.append(f"{who} is taken to have an interest in saying {i.says}.")
    if correlation[1] > 0:
        out.append("Each informant may pass on one account that all can share; the correlation is "
                   "that of what two who are alike say.")  # fmt: skip
    if weighed.less_together:
        may, are = ("", "are") if weighed.less_together == "surely" else ("may ", "may be")
        out.append(
            f"All say the same, and yet they {may}count for less than the best of them would "
            f"alone: as they share an account, the others {are} likelier to say so too if the best "
            "is wrong than if the best is right."
        )
    out.append(
        "Whip counts and members' words: with a split a tenth to a half of members stand against "
        "the rest, without one less than a tenth, all shares equally likely."
    )
    if asking.group is None:
        out.append("More items are not valued: there are no records to go by.")
    if asking.members is None:
        out.append("A whip count is not valued: the number of members is not known.")
    # informants of one kind need be spoken of once
    return tuple(dict.fromkeys(out))


def _from_records(r: Reading) -> list[str]:
    low, high = r.base_rate
    base = f"{low:g}" if low == high else f"{low:g} to {high:g}"
    if r.worlds is not None:
        return _from_worlds(r, r.worlds, base)
    how = {
        "found": "A split was found",
        "not found": "No split was found",
        "between": f"The criteria of a split hold in {r.share:.0%} of resampled records",
    }[r.how]
    return [
        f"Before the records a split had probability {base}.",
        f"{how}. The test finds a split in {r.power:.0%} of cases, averaged over depths from the "
        f"least that counts to 0.8, and a false one in at most {r.false_alarm:.0%}; so the records "
        f"are taken to be {_times(r.ratio)}.",
    ]


def _from_worlds(r: Reading, worlds: tuple[float, float], base: str) -> list[str]:
    before, after = (probability(p) for p in worlds)
    if r.base_rate == (worlds[0], worlds[0]):
        base = before
    spread = ""
    if r.spread is not None:
        between = probability(Range(*r.spread))
        spread = f" (95% interval by the number of worlds, {r.n_worlds}: {between})"
    least = "at least " if r.edge and (r.edge > 0) == (r.ratio > 1) else ""
    out = [
        f"Before the records a split had probability {base}.",
        "How likely a split is was read from worlds drawn on these items, not from the error rates "
        f"of the test: there it is {before} before the records and {after} after them{spread}; so "
        f"the records are taken to be {least}{_times(r.ratio)}.",
    ]
    if r.edge:
        end, for_ = (1, "no split") if r.edge > 0 else (0, "split")
        out.append(
            f"{r.n_worlds} worlds can be no surer than 1 in {r.n_worlds + 2}, and here they are as "
            f"sure as that: the probability may be nearer to {end}, and a word for "
            f'"{for_}" may have to count more.'
        )
    return out


def _times(ratio: float) -> str:
    if abs(ratio - 1) < 1e-9:
        return "as likely with a split as without one"
    which = "with a split than without one" if ratio > 1 else "without a split than with one"
    return f"{max(ratio, 1 / ratio) if ratio > 0 else float('inf'):.3g} times likelier {which}"
