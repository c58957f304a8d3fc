"""The sentence about rebels, in symmetric words."""

from __future__ import annotations

from fissure.results.rebels import ModelScore, Rebel

__all__ = ["SURE", "sentence"]

#: From this probability on a rebel is said to be one or the other.
SURE = 0.8
#: Names given in full; the rest are counted.
NAMED = 4


def sentence(
    rebels: list[Rebel], n_ends: int, n_items: int, compare: ModelScore, has_camps: bool
) -> str:
    """Two or three plain sentences: who, from which end, and which model foretells better."""
    outer, inner = (
        ("at the end of their own camp", "towards the other camp")
        if has_camps
        else ("at one of the ends", "in the middle")
    )
    said = [
        (f"{_listed(who)} {'stands' if len(who) == 1 else 'stand'} {where}")
        for who, where in (
            ([r.name for r in rebels if r.p_protester >= SURE], outer),
            ([r.name for r in rebels if r.p_centrist >= SURE], inner),
        )
        if who
    ]
    open_ = [r.name for r in rebels if max(r.p_protester, r.p_centrist) < SURE]
    if open_:
        said.append(f"of {_listed(open_)} these records cannot tell")
    people = (
        f"Of {len(rebels)} {'member who dissents' if len(rebels) == 1 else 'members who dissent'} "
        f"most, as far as a model with ends against the middle can tell, {'; '.join(said)}."
        if rebels
        else "Nobody dissents much more often than the others."
    )
    return f"{people} {_models(n_ends, n_items, compare)}"


def _models(n_ends: int, n_items: int, compare: ModelScore) -> str:
    items = f"On {n_ends} of {n_items} items both ends probably stood against the middle"
    if compare.gain.low > 0:
        return (
            f"{items}, and the model that allows for it foretells hidden choices better than the "
            "simple one."
        )
    if compare.gain.high < 0:
        return (
            f"{items}, but the model that allows for it foretells hidden choices worse than the "
            "simple one: prefer the simple one."
        )
    return (
        f"{items}; whether a model that allows for it foretells hidden choices better than the "
        "simple one cannot be told."
    )


def _listed(names: list[str]) -> str:
    shown = names[:NAMED]
    more = len(names) - len(shown)
    if more:
        return f"{', '.join(shown)} and {more} more"
    return shown[0] if len(shown) == 1 else f"{', '.join(shown[:-1])} and {shown[-1]}"
