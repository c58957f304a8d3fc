"""The command ``fissure insider``: what testimony adds to a verdict, and what to ask next."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import Group, Parameter

from fissure.cli.options import AS_FOUND, VERDICT, Flag, Reading, Seed, Several
from fissure.cli.terminal import check_writable, progress, say
from fissure.errors import SettingError

if TYPE_CHECKING:
    from fissure.results import Insider, Split
    from fissure.unknowns.ranges import Number
    from fissure.unknowns.testimony import Informant

__all__ = ["insider", "number_of"]

TESTIMONY = Group("Testimony", sort_key=0)
NEXT = Group("What to ask next", sort_key=1)
Many = Annotated[tuple[str, ...], Parameter(group=TESTIMONY, negative=(), show_default=False)]


def insider(
    source: str | None = None,
    /,
    *,
    prior: Annotated[str | None, Parameter(group=TESTIMONY)] = None,
    says: Many = (),
    sensitivity: Many = (),
    false_alarm: Many = (),
    bias: Many = (),
    interest: Many = (),
    correlation: Annotated[str, Parameter(group=TESTIMONY)] = "0",
    n: Annotated[int | None, Parameter(name="--n", group=TESTIMONY)] = None,
    confidence: Annotated[float | None, Parameter(group=TESTIMONY)] = None,
    members: Annotated[int | None, Parameter(group=NEXT)] = None,
    error: Annotated[float, Parameter(group=NEXT)] = 0.1,
    more: Annotated[int, Parameter(group=NEXT)] = 10,
    cost: Annotated[tuple[str, ...], Parameter(group=NEXT, negative=(), show_default=False)] = (),
    group: Annotated[str | None, Parameter(group=VERDICT)] = None,
    base_rate: Annotated[str | None, Parameter(group=VERDICT)] = None,
    items: Several = (),
    seed: Seed = 1,
    json: Path | None = None,
    quiet: Flag = False,
    reading: Reading = AS_FOUND,
) -> int:
    """Weigh what insiders say about a split, or what their word would be worth before asking.

    Prints what the testimony does to the probability of a split, what it would take to change the
    verdict, and which source to get next. Numbers from 0 to 1 may be ranges: 0.6..0.9.

    Parameters
    ----------
    source
        What "fissure report --json" wrote, or records: a bundled set, a file, or a folder of
        Voteview files. Without it, --prior is needed.
    prior
        Probability of a split before the testimony, instead of what the records give.
    says
        What was said: split or no-split. Several times for several informants; without it, what
        could be expected is told.
    sensitivity
        How often such an informant says split where there is one. This and the next three may be
        given once for all informants, or once for each.
    false_alarm
        How often such an informant says split where there is none.
    bias
        Probability that the informant is an interested party who says what suits them in any case.
    interest
        What suits them: split or no-split; whatever they say, if not given.
    correlation
        Shared access: correlation of what two informants who are alike say; at 1 they are one.
    n
        Number of informants, where all have the same settings.
    confidence
        Probability from which on the verdict is split; no split is said up to one minus this.
    members
        Members of the group, for the value of a whip count.
    error
        Probability that an entry of a whip count, or a member's word, is wrong.
    more
        How many further items to value.
    cost
        Cost of a source to get next, such as "whip count=5"; 1 where not given.
    group
        Which group, such as all or "party = R"; the first in a report, the whole body of records.
    base_rate
        Probability of a split before the records; without it, that of the report where it gives a
        probability of a split, or 0.5.
    items
        Keep only these items of records, as in fissure report.
    seed
        Seed of every random draw, where the verdict must be found first.
    json
        Also write every number as JSON (schema fissure.insider/1).
    quiet
        Print nothing but errors.
    """
    check_writable(json)
    if source is None and prior is None:
        raise SettingError("nothing to go by: give a SOURCE, or --prior as a probability, 0..1")
    people = _informants(says, sensitivity, false_alarm, bias, interest, n)
    asked: dict[str, Any] = {
        "informants": people,
        "correlation": number_of("--correlation", correlation),
        "prior": None if prior is None else number_of("--prior", prior),
        "base_rate": None if base_rate is None else number_of("--base-rate", base_rate),
        "confidence": confidence, "members": members, "error": error, "more": more,
        "costs": dict(_cost(c) for c in cost),
    }  # fmt: skip
    from fissure.unknowns.insider import insider as weigh
    from fissure.unknowns.ranges import ends

    if source is not None and not source.endswith(".json"):
        # settings that are not allowed are told before a verdict takes its time
        first = {**asked, "costs": {}}
        if prior is None:
            ends("base_rate", 0.5 if base_rate is None else asked["base_rate"])
            first.update(prior=0.5, base_rate=None)
        weigh(**first)
    with progress(quiet) as told:
        verdict = None
        if source is not None:
            needs_worlds = prior is None
            verdict = _verdict(source, reading.options(), items, group, seed, needs_worlds, told)
        elif group is not None:
            raise SettingError(f"--group {group!r} needs a SOURCE to choose from")
        result = weigh(verdict, group=group, **asked)
    if json is not None:
        result.to_json(json)
    if not quiet:
        _tell(result)
        if json is not None:
            say(f"insider: {json}")
    return 0


def _verdict(
    source: str,
    options: dict[str, Any],
    items: Sequence[str],
    group: str | None,
    seed: int,
    needs_worlds: bool,
    told: Any,
) -> Split:
    """A saved answer, or the verdict on records, on no more groups than are needed."""
    from fissure.results import Split

    if source.endswith(".json"):
        return Split.load(source)
    told("reading", None)
    from fissure.cli.selecting import read_records
    from fissure.split import split
    from fissure.unknowns.examine import unknowns

    records = read_records(source, options, items)
    column = None if group in (None, "all") else (group or "").partition(" ")[0]

    def say_stage(name: str, stage: str) -> None:
        told(f"{name}: {stage}")

    answer = split(records, within=column, whole=column is None, seed=seed, progress=say_stage)
    if not needs_worlds:
        return answer
    # only the group that is asked about needs worlds drawn for it
    others = {g.name: g for g in answer.groups if group not in (None, g.name)}
    return unknowns(records, answer, parts=("chances",), workers=1, progress=say_stage, done=others)


def _informants(
    says: Sequence[str],
    sensitivity: Sequence[str],
    false_alarm: Sequence[str],
    bias: Sequence[str],
    interest: Sequence[str],
    n: int | None,
) -> list[Informant]:
    """One informant for each place; what was given once holds for all."""
    from fissure.unknowns.testimony import Informant

    given = {"--says": says, "--sensitivity": sensitivity, "--false-alarm": false_alarm,
             "--bias": bias, "--interest": interest}  # fmt: skip
    for option in ("--sensitivity", "--false-alarm"):
        if not given[option]:
            raise SettingError(
                f"{option} must be given: how often such an informant says split, 0..1"
            )
    size = n if n is not None else max(map(len, given.values()))
    if size < 1:
        raise SettingError(f"--n must be a whole number of 1 or more, got {size}")
    for option, words in given.items():
        if len(words) not in (0, 1, size):
            raise SettingError(f"{option} must be given once, or once for each of {size} "
                               f"informants, got {len(words)}")  # fmt: skip
    people = []
    for i in range(size):
        here = {o: w[i if len(w) > 1 else 0] for o, w in given.items() if w}
        people.append(
            Informant(
                sensitivity=number_of("--sensitivity", here["--sensitivity"]),
                false_alarm=number_of("--false-alarm", here["--false-alarm"]),
                says=_word(here.get("--says")),
                bias=number_of("--bias", here.get("--bias", "0")),
                interest=_word(here.get("--interest")),
            )
        )
    return people


def _word(text: str | None) -> Any:
    return None if text is None else text.strip().replace("-", " ")


def number_of(option: str, text: str) -> Number:
    """A number, or a range such as 0.6..0.9."""
    low, sign, high = text.partition("..")
    try:
        return (float(low), float(high)) if sign else float(low)
    except ValueError as error:
        raise SettingError(
            f"{option} must be a number or a range such as 0.6..0.9, got {text!r}"
        ) from error


def _cost(text: str) -> tuple[str, float]:
    name, sign, value = text.rpartition("=")
    try:
        if not sign:
            raise ValueError
        return name.strip(), float(value)
    except ValueError as error:
        raise SettingError(f'--cost must look like "whip count=5", got {text!r}') from error


def _tell(result: Insider) -> None:
    say(str(result))
    if result.frequencies:
        say(result.frequencies)
    for place, option in enumerate(result.options, 1):
        from fissure.unknowns.insider_words import number

        bits = number(option.expected_information)
        cost = "" if option.cost == 1 else f", at a cost of {option.cost:g}"
        say(f"next, {place}: {option.what}: {bits} bits expected{cost}")
    for assumption in result.assumptions:
        say(f"assumed: {assumption}")
