"""Absence that is not random: who was absent when, and what if absences hid dissent?"""

from __future__ import annotations

import numpy as np
import polars as pl
from numpy.typing import NDArray
from scipy.special import ndtr

from fissure.errors import ConvergenceError, DataError
from fissure.matrix import Matrix
from fissure.models.absence import absence_response
from fissure.models.ideal import IdealPoints
from fissure.models.pressure import climb, predicted
from fissure.records import CHOICES, Records
from fissure.results import AbsenceBand, Curve, Group, Interval
from fissure.split.groups import item_turn
from fissure.split.settings import SplitSettings
from fissure.unknowns.tipping import Body, follow

__all__ = ["ABSENCES", "absence_band", "absent_cells", "hidden_votes"]

#: The meanings of a choice not made by somebody who could have made it.
ABSENCES = ("absent", "abstain", "present")
#: Stretches of time within which a member's absences hang together; fewest absences to model.
STRETCHES, FEWEST = 30, 20

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]


def absence_band(
    matrix: Matrix,
    group: Group,
    settings: SplitSettings | None = None,
    seed: int = 1,
    records: Records | None = None,
) -> AbsenceBand:
    """Is absence related to position or dissent, and how far could it mislead the verdict?

    Two questions that do not depend on each other. What can be seen: P(absent) = Φ(u_i + v_j +
    b x_i + c h_ij + d q_ij), with position x, closeness h and expected dissent q, from the members'
    *other* choices. What cannot be seen, how the absent would have voted, is run through from "as
    their like" to "every absence hides a vote against the majority".

    Parameters
    ----------
    matrix
        The group's matrix, as its verdict saw it.
    group
        Its verdict.
    settings, seed
        As for the verdict.
    records
        The records that say why a choice is missing.

    References
    ----------
    Rosas, Shomer and Haptonstahl (2015), "No News Is News: Nonignorable Nonresponse in Roll-Call
    Data Analysis", American Journal of Political Science 59(2), 511-528.
    """
    body = Body.of(matrix, group, settings or SplitSettings(), seed)
    missing = body.y == 0
    absent = missing if records is None else absent_cells(matrix, records) & missing
    possible = ~missing | absent
    is_split = group.verdict == "split"
    labels = body.labels if is_split else np.full(len(body.y), -1, np.int8)
    against = _against(body.y, labels)
    position, closeness, dissent = (
        (None, None, None)
        if records is None
        else _response(matrix, body, absent, possible, against)
    )
    own_rate = _like(body.y, absent, labels)
    uniform = body.rng("absence").random(body.y.shape)
    curve, _ = follow(
        body,
        lambda lean: hidden_votes(body.y, absent, against, own_rate, lean, uniform),
        lambda lean, changed: lean,
    )
    n_absent, share = int(absent.sum()), float(absent.sum() / max(possible.sum(), 1))
    where = "own bloc" if is_split else "group"
    return AbsenceBand(
        is_known=records is not None,
        n_absences=n_absent,
        absent_share=share,
        against=where,
        position=position,
        dissent=dissent,
        closeness=closeness,
        curve=curve,
        threshold=body.settings.min_depth,
        tipping_point=curve.tipping_point,
        sentence=_sentence(n_absent, share, records is not None, where, dissent, position, curve),
    )


def absent_cells(matrix: Matrix, records: Records) -> Mask:
    """Which cells of a matrix the records call absences, bool of shape (n_actors, n_items)."""
    code = records.choices["choice"].to_physical().to_numpy()
    is_absence = np.isin(code, [CHOICES.index(word) for word in ABSENCES])
    rows, columns = (
        _places(records_table[key], kept[key], records.choices[key].filter(pl.Series(is_absence)))
        for key, records_table, kept in (
            ("actor", records.actors, matrix.actors),
            ("item", records.items, matrix.items),
        )
    )
    out = np.zeros((matrix.n_actors, matrix.n_items), bool)
    inside = (rows >= 0) & (columns >= 0)
    out[rows[inside], columns[inside]] = True
    return out


def _places(table: pl.Series, kept: pl.Series, rows: pl.Series) -> NDArray[np.intp]:
    """Where rows of the records' table stand among those kept; −1 where they do not."""
    place = {name: k for k, name in enumerate(kept.to_list())}
    of_row = np.array([place.get(name, -1) for name in table.to_list()], np.intp)
    return of_row[rows.to_numpy()]


def _against(y: NDArray[np.int8], labels: NDArray[np.int8]) -> NDArray[np.int8]:
    """The side against the majority of each member's like, the member left out; 0 for a tie."""
    totals = _by_like(y.astype(np.int64), labels)
    return -np.sign(totals - y).astype(np.int8)


def _by_like(cells: NDArray[np.int64], labels: NDArray[np.int8]) -> NDArray[np.int64]:
    """For each cell, the sum over the item's cells of like members: the bloc, or the whole group
    for members of none.
    """
    out = np.broadcast_to(cells.sum(axis=0), cells.shape).copy()
    for bloc in range(labels.max() + 1):
        out[labels == bloc] = cells[labels == bloc].sum(axis=0)
    return out


def _like(y: NDArray[np.int8], absent: Mask, labels: NDArray[np.int8]) -> Array:
    """Of the choices that like members could have made on an item, the share they did make."""
    made, missed = (_by_like(part.astype(np.int64), labels) for part in (y != 0, absent))
    return made / np.maximum(made + missed, 1)


def hidden_votes(
    y: NDArray[np.int8],
    absent: Mask,
    against: NDArray[np.int8],
    made: Array,
    lean: float,
    uniform: Array,
) -> NDArray[np.int8]:
    """The choices if, on top of what like members would do, a share of absences hid a vote against.

    With n like choices made and m missed on an item, filling in all m gives the yea share
    ((n + (1 − lean) m) a + lean m e)/(n + m), where a is that of the choices made and e is 1 where
    the hidden vote is a yea and 0 otherwise. Filling in only lean m n/(n + (1 − lean) m) votes
    against gives the same share, and leaves the blocs to those who chose: votes filled in "as the
    own bloc" would make blocs out of nothing.

    Parameters
    ----------
    y
        Choices, int8 of shape (n_actors, n_items).
    absent
        Which cells are absences.
    against
        The side of a hidden vote, −1, 0 (unknown) or +1.
    made
        n/(n + m) of each cell.
    lean
        0 to 1.
    uniform
        Which absences come first: numbers from 0 to 1, the same for every lean.
    """
    rate = lean * made / np.maximum(made + (1 - lean) * (1 - made), 1e-12)
    return np.where(absent & (uniform < rate), against, y).astype(np.int8)


def _response(
    matrix: Matrix, body: Body, absent: Mask, possible: Mask, against: NDArray[np.int8]
) -> tuple[Interval | None, Interval | None, Interval | None]:
    """Effects of position, closeness and expected dissent; None where they cannot be had."""
    if absent.sum() < FEWEST:
        return None, None, None
    try:
        ideal = IdealPoints().fit(matrix)
        x, nobody = ideal.positions[:, 0], np.full(len(body.y), -1)
        y = matrix.dense()
        lines = np.column_stack([ideal.alpha, ideal.beta])
        # the chance itself, estimation error included: at the mode the fit is too sure
        yea = ndtr(predicted(nobody, climb(y, nobody, x, lines, None, 25.0, 1e-3, 100)))
        turn = item_turn(y)
        dissent = np.where(against * turn > 0, yea, 1 - yea)
        closeness = 1 - np.abs(2 * yea - 1)
        z = np.stack([np.broadcast_to(x[:, None], yea.shape), closeness, dissent])
        stretch = np.empty(matrix.n_items, np.intp)
        stretch[body.order] = np.arange(matrix.n_items) * STRETCHES // matrix.n_items
        known = possible & (against != 0)
        effects = absence_response(absent & known, known, z, stretch).effects
    except (DataError, ConvergenceError, np.linalg.LinAlgError):
        return None, None, None
    return effects[0], effects[1], effects[2]


def _sentence(
    n_absent: int,
    share: float,
    is_known: bool,
    where: str,
    dissent: Interval | None,
    position: Interval | None,
    curve: Curve,
) -> str:
    """Both answers in plain words."""
    if not n_absent:
        return "No member was absent, so nothing can hide there."
    what = "the own bloc's majority" if where == "own bloc" else "the group's majority"
    tip = (
        f"if more than {curve.tipping_point:.0%} of absences hid a vote against {what}, the "
        f"verdict would change to {curve.becomes}"
        if curve.tipping_point is not None
        else f"even if every absence hid a vote against {what}, the verdict would stay"
    )
    if not is_known:
        return (
            f"{share:.0%} of choices are missing, and these data do not say why; {tip} (taking "
            "every missing choice for an absence)."
        )
    seen = (
        "whether absence goes with position or dissent could not be estimated"
        if dissent is None or position is None
        else f"absence {_with_dissent(dissent)}, and {_with_position(position)}"
    )
    return f"Members were absent from {share:.1%} of choices; {seen}; {tip}."


def _with_dissent(effect: Interval) -> str:
    """Whether absence was seen to go with expected dissent."""
    if effect.low <= 0 <= effect.high:
        return "is not seen to go with expected dissent"
    often = "more" if effect.estimate > 0 else "less"
    return f"is {often} frequent with expected dissent ({_points(effect)})"


def _with_position(effect: Interval) -> str:
    """Whether absence was seen to go with position; no end of the line has a name."""
    if effect.low <= 0 <= effect.high:
        return "is not seen to go with position"
    size = effect if effect.estimate > 0 else Interval(-effect.estimate, -effect.high, -effect.low)
    return f"is more frequent towards one end of the line ({_points(size)} a standard deviation)"


def _points(effect: Interval) -> str:
    return f"{100 * effect.low:+.1f} to {100 * effect.high:+.1f} points".replace("-", "−")
