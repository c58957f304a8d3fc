"""Put a decision and its evidence into the result that people and programs read."""

from __future__ import annotations

import numpy as np
import polars as pl
from numpy.typing import NDArray

from fissure.matrix import Matrix
from fissure.measures import agreement, rice, yea_share
from fissure.models.ideal import IdealPointsResult
from fissure.results import (
    Agreement,
    Bloc,
    DateBlock,
    Group,
    Influence,
    Interval,
    Item,
    Member,
    Null,
    Preference,
    Verdict,
)
from fissure.split.decide import Decision
from fissure.split.influence import date_blocks, without_block, without_items, without_members
from fissure.split.settings import SplitSettings
from fissure.split.wording import sentence

__all__ = ["assemble", "item_titles"]

Array = NDArray[np.float64]

#: Item columns whose text says what was voted on, most telling first.
TITLE_COLUMNS = (
    "description", "vote_desc", "dtl_desc", "desc", "title", "short_description", "descr", "issue",
    "question", "vote_question", "bill", "bill_number",
)  # fmt: skip


def assemble(
    matrix: Matrix,
    y: NDArray[np.int8],
    decision: Decision,
    ideal: IdealPointsResult | None,
    preference: Preference | None,
    settings: SplitSettings,
    remarks: tuple[str, ...],
) -> Group:
    """One :class:`~fissure.results.Group` from a matrix, its dense choices and what was decided."""
    d, shape = decision, decision.shape
    members = _members(matrix, d, ideal)
    blocs = _blocs(y, d, members)
    defectors = tuple(members[i] for i in np.flatnonzero(d.labels < 0))
    depth, middle = shape.interval("depth"), shape.interval("middle")
    between = shape.interval("between")
    assert depth is not None  # a depth is never NaN
    words = sentence(
        d.verdict, d.kind, [b.size for b in blocs], [m.name for m in defectors], depth, middle,
        between, d.probability, d.p_value, d.smallest, settings,
    )  # fmt: skip
    return Group(
        name=matrix.name,
        n_actors=matrix.n_actors,
        n_items=matrix.n_items,
        n_choices=matrix.n_choices,
        verdict=d.verdict,
        kind=d.kind,
        sentence=words,
        probability=d.probability,
        depth=depth,
        opposed_share=d.pair.opposed_share,
        middle=middle,
        between=between,
        balance=d.balance,
        smallest_detectable_depth=d.smallest,
        preference=preference,
        null=Null(tuple(np.sqrt(np.maximum(np.sort(d.null), 0.0)).round(4).tolist()), d.p_value),
        fit=None if ideal is None else ideal.fit,
        blocs=blocs,
        defectors=defectors,
        items=_items(matrix, y, d, settings),
        dates=_dates(matrix, d, settings),
        influence=_influence(matrix, y, d, settings),
        agreement=_agreement(matrix, y, d),
        dropped={
            "actors": [list(row) for row in matrix.dropped.actors.rows()],
            "items": [list(row) for row in matrix.dropped.items.rows()],
            "choices": matrix.dropped.choices,
        },
        remarks=remarks,
    )


def _verdict(d: Decision, depth: float, share: float, settings: SplitSettings) -> Verdict:
    """The verdict when something is left out; error rate and power are taken as they were."""
    handful = d.n_blocs <= 2 and (d.pair.labels == 1).sum() <= settings.handful(d.pair.inside.sum())
    if d.p_value > settings.level or handful:
        return d.verdict
    if share >= settings.confidence and depth >= settings.min_depth:
        return "split"
    if share > 1 - settings.confidence:
        return "cannot tell"
    small = d.smallest is not None and d.smallest <= settings.clear_depth
    return "no split" if small else "cannot tell"


def _members(matrix: Matrix, d: Decision, ideal: IdealPointsResult | None) -> list[Member]:
    siding, divided = d.pair.siding(), d.pair.sides[1].sum(axis=0)
    n_choices = np.diff(matrix.by_actor.start)
    own = [c for c in matrix.actors.columns if c not in ("actor", "name")]
    rows = matrix.actors.select("actor", *own).rows()
    ids, names = matrix.actors["actor"].to_list(), matrix.names
    out = []
    for i in range(matrix.n_actors):
        at = None
        if ideal is not None:
            x, se = float(ideal.positions[i, 0]), float(ideal.se[i, 0])
            at = Interval(x, x - 1.96 * se, x + 1.96 * se)
        out.append(
            Member(
                actor=ids[i],
                name=names[i],
                probability=float(d.pair.probability[i]),
                siding=None if np.isnan(siding[i]) else float(siding[i]),
                n_dividing=float(divided[i]),
                n_choices=int(n_choices[i]),
                position=at,
                columns={c: str(v) for c, v in zip(own, rows[i][1:], strict=True) if v is not None},
            )
        )
    return out


def _side_order(d: Decision, inside: NDArray[np.intp]) -> NDArray[np.intp]:
    """Members from the one side to the other; those who met no dividing item last."""
    siding = d.pair.siding()[inside]
    return inside[np.argsort(np.where(np.isnan(siding), 2.0, -siding), kind="stable")]


def _blocs(y: NDArray[np.int8], d: Decision, members: list[Member]) -> tuple[Bloc, ...]:
    opposed = _majority(y, d.labels == 0) * _majority(y, d.labels == 1) < 0
    blocs = []
    for k in range(d.n_blocs):
        inside = np.flatnonzero(d.labels == k)
        index = rice(y, d.labels == k)
        known = ~np.isnan(index)
        on = known & opposed
        blocs.append(
            Bloc(
                name=chr(ord("A") + k),
                size=len(inside),
                cohesion=float(index[known].mean()) if known.any() else 0.0,
                cohesion_divided=float(index[on].mean()) if on.any() else None,
                members=tuple(members[i] for i in _side_order(d, inside)),
            )
        )
    return tuple(blocs)


def _majority(y: NDArray[np.int8], members: NDArray[np.bool_]) -> NDArray[np.int64]:
    return np.sign(y[members].sum(axis=0, dtype=np.int64))


def item_titles(items: pl.DataFrame) -> list[str]:
    """What was voted on, in the source's own words."""
    columns = [c for c in TITLE_COLUMNS if c in items.columns]
    if not columns:
        return [""] * items.height
    text = pl.concat_str(
        [pl.col(c).cast(pl.String).fill_null("") for c in columns[:1] + columns[1:2]],
        separator=" · ",
    )
    return [t.strip(" ·") for t in items.select(text.alias("t"))["t"]]


def _items(
    matrix: Matrix, y: NDArray[np.int8], d: Decision, settings: SplitSettings
) -> tuple[Item, ...]:
    a, b = yea_share(y, d.labels == 0), yea_share(y, d.labels == 1)
    opposed = _majority(y, d.labels == 0) * _majority(y, d.labels == 1) < 0
    depth, share = without_items(d.pair, d.shape)
    dates = (
        matrix.items["date"].cast(pl.String).to_list()
        if "date" in matrix.items.columns
        else [None] * matrix.n_items
    )
    yeas, seen = (y > 0).sum(axis=0), np.count_nonzero(y, axis=0)

    def number(v: float) -> float | None:
        return None if np.isnan(v) else float(v)

    out = [
        Item(
            item=item,
            date=dates[j],
            title=title,
            yea_a=number(a[j]),
            yea_b=number(b[j]),
            gap=number(a[j] - b[j]),
            opposed=bool(opposed[j]),
            yeas=int(yeas[j]),
            nays=int(seen[j] - yeas[j]),
            depth_without=float(depth[j]),
            verdict_without=_verdict(d, float(depth[j]), float(share[j]), settings),
        )
        for j, (item, title) in enumerate(
            zip(matrix.items["item"].to_list(), item_titles(matrix.items), strict=True)
        )
    ]
    # rounded, so that ties stay ties in a mirrored body
    return tuple(sorted(out, key=lambda i: (-round(abs(i.gap or 0.0), 9), i.item)))


def _dates(matrix: Matrix, d: Decision, settings: SplitSettings) -> tuple[DateBlock, ...]:
    out = []
    for name, block in date_blocks(matrix.items):
        depth, rest, share = without_block(d.pair, d.shape, block, settings)
        out.append(DateBlock(name, len(block), depth, rest, _verdict(d, rest, share, settings)))
    return tuple(out)


def _influence(
    matrix: Matrix, y: NDArray[np.int8], d: Decision, settings: SplitSettings
) -> tuple[Influence, ...]:
    depth, share = without_members(y, d.pair, d.shape, settings)
    ids, names = matrix.actors["actor"].to_list(), matrix.names
    out = [
        Influence(
            ids[i],
            names[i],
            float(depth[i]),
            _verdict(d, float(depth[i]), float(share[i]), settings),
        )
        for i in np.flatnonzero(d.pair.inside)
    ]
    return tuple(
        sorted(out, key=lambda m: (-round(abs(m.depth_without - d.shape.depth), 9), m.actor))
    )


def _agreement(matrix: Matrix, y: NDArray[np.int8], d: Decision) -> Agreement:
    order = np.concatenate(
        [_side_order(d, np.flatnonzero(d.labels == k)) for k in [*range(d.n_blocs), -1]]
    )
    share = agreement(y)[np.ix_(order, order)].round(3)
    ids = matrix.actors["actor"].to_list()
    rows = [tuple(None if np.isnan(v) else v for v in row) for row in share.tolist()]
    return Agreement(tuple(ids[i] for i in order), tuple(rows))
