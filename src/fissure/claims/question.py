"""What is asked of the cases, checked before anything is worked out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from numbers import Real
from typing import Any

from fissure.claims.cases import Cases
from fissure.claims.judging import Rule
from fissure.claims.misclassified import CodingErrors
from fissure.claims.sides import columns_in
from fissure.errors import SettingError

__all__ = ["check_apart", "check_question", "check_settings"]


def check_question(outcome: Any, needs: Any, rivals: Any, forks: Any) -> None:
    """Refuse what is no text, no list of texts, or no lists by name.

    Raises
    ------
    SettingError
        If one of them is of another kind.
    """
    for name, given in (("outcome", outcome), ("needs", needs)):
        if not isinstance(given, str):
            raise SettingError(f"{name} must be a column or an expression, got {given!r}")
    if rivals is not None and not _is_texts(rivals):
        raise SettingError(f"rivals must be a list of columns or expressions, got {rivals!r}")
    is_fine = isinstance(forks, Mapping) and all(_is_texts(own) for own in forks.values())
    if forks is not None and not is_fine:
        raise SettingError(
            f'forks must be lists of texts by axis, such as {{"outcome": ["A"]}}, got {forks!r}'
        )


def check_settings(
    threshold: Any, errors: Any, hindsight: Any, rule: Any, permutations: Any, seed: Any
) -> None:
    """Refuse settings outside what is allowed, whether these cases need them or not.

    Raises
    ------
    SettingError
        If one is of another kind, or outside its range.
    """
    if not _is_number(threshold) or not 0 < threshold < 1:
        raise SettingError(f"threshold must be between 0 and 1, got {threshold!r}")
    if not _is_number(hindsight) or not 0 <= hindsight <= 1:
        raise SettingError(f"hindsight must be from 0 to 1, got {hindsight!r}")
    if errors is not None and not isinstance(errors, CodingErrors):
        raise SettingError(f"errors must be CodingErrors, got {errors!r}")
    if rule is not None and not isinstance(rule, Rule):
        raise SettingError(f"rule must be a Rule, got {rule!r}")
    for name, given, least in (("permutations", permutations, 100), ("seed", seed, 0)):
        if isinstance(given, bool) or not isinstance(given, int) or given < least:
            raise SettingError(f"{name} must be a whole number of {least} or more, got {given!r}")


def check_apart(
    cases: Cases,
    outcome: str,
    needs: str,
    rivals: Sequence[str],
    forks: Mapping[str, Sequence[str]],
) -> None:
    """Refuse a condition that is the outcome by definition, and rivals that are no rivals.

    Raises
    ------
    SettingError
        If outcome and condition share a column, or a rival is given twice or is the condition.
    """
    if outcome.strip() == needs.strip():
        raise SettingError(f"outcome and needs must differ, both are {needs!r}")
    pairs = [
        ("needs", outcome, needs),
        *(("a rival", outcome, rival) for rival in rivals),
        *(("a fork's needs", outcome, option) for option in forks.get("needs", ())),
        *(("needs", option, needs) for option in forks.get("outcome", ())),
    ]
    for what, effect, asked in pairs:
        if shared := sorted(columns_in(cases, effect) & columns_in(cases, asked)):
            raise SettingError(
                f"{what} must not be made of the outcome, or it is true or false by definition; "
                f"both {effect!r} and {asked!r} hold {shared[0]!r}"
            )
    stripped = [needs.strip(), *(rival.strip() for rival in rivals)]
    if again := [rival for k, rival in enumerate(stripped) if rival in stripped[:k]]:
        raise SettingError(
            f"each rival must be given once and differ from needs, got {again[0]!r} again"
        )


def _is_texts(given: Any) -> bool:
    is_list = isinstance(given, Sequence) and not isinstance(given, str)
    return is_list and all(isinstance(one, str) for one in given)


def _is_number(given: Any) -> bool:
    return isinstance(given, Real) and not isinstance(given, bool)
