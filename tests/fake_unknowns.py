"""A made-up but plausible answer to what the records cannot tell, to go with ``fake_split``."""

from __future__ import annotations

from fissure.results import (
    AbsenceBand,
    Again,
    Agreement,
    BlocNumber,
    BoundAt,
    Chances,
    Curve,
    Detectability,
    Group,
    HiddenDissent,
    Interval,
    MapCell,
    MoreItems,
    Moved,
    Point,
    Pressure,
    PressureFit,
    Sampled,
    Unknowns,
)
from fissure.results.bloc_number import Chains, Representative
from fissure.results.rebels import EndsItem, ModelScore, Rebel, RebelItem, Rebels

SHARES = (0.1, 0.3, 0.5)


def fake_unknowns(group: Group) -> Unknowns:
    """Everything that can be said about the members and items of a made-up group."""
    members = sorted((m for b in group.blocs for m in b.members), key=lambda m: m.actor)
    first, last, item = members[0], members[-1], group.items[0]
    return Unknowns(
        chances=Chances(0.62, 0.5, Again(0.3, 0.1, 0.6), 200, "A split has probability 0.62."),
        sampled=Sampled(4, 500, first.name, 640.0, 1.004, f"Draws of {first.name} count least."),
        detectable=_detectable(group),
        absence=AbsenceBand(
            True, 120, 0.04, "own bloc", None, Interval(0.1, 0.02, 0.2), None,
            _curve((0.0, 0.5, 1.0), 0.7), 0.25, 0.7, "Absences may hide votes.",
        ),
        hidden=HiddenDissent(
            "agreement", _curve((0.0, 0.2), None), _curve((0.0, 0.05, 0.1), 0.06), 30, 8, 0.25,
            0.06, "Votes may hide agreement.",
        ),
        rebels=Rebels(
            group.name, ("party = D", "party = R"), (30, 20),
            (
                Rebel(
                    last.actor, last.name, "party = R", 0.3, 0.05, 0.8, 0.1,
                    Interval(0.2, 0.0, 0.4), Interval(1.8, 1.5, 2.1),
                    (RebelItem(item.item, item.date, item.title, "nay", True, 1.2),),
                ),
            ),
            (EndsItem(item.item, item.date, item.title, 0.97, "yea"),), group.n_items, 0.1,
            ModelScore(400, -0.31, -0.30, Interval(0.01, 0.0, 0.02)), 1, 1, "One protests.",
        ),
        pressure=Pressure(
            "party", ("D", "R"), 0.3, Interval(0.001, -0.001, 0.002),
            (PressureFit("one line", 0.0, -0.31, 4.0, 4.1),), ((0.1, 4.0), (0.5, 2.5), (1.0, 0.2)),
            3.0, 0.4, (Moved(first.actor, first.name, "D", 3, 17, 30),), 0.98,
            "It may be pressure.",
        ),
        blocs=_blocs(group),
        remarks=("No number of blocs for some.",),
    )  # fmt: skip


def _curve(shares: tuple[float, ...], tipping: float | None) -> Curve:
    points = tuple(
        Point(s, round(100 * s), Interval(0.6 - 0.4 * s, 0.5 - 0.4 * s, 0.7 - 0.4 * s), 0.1, None,
              1.0 - s, "split" if tipping is None or s < tipping else "cannot tell")
        for s in shares
    )  # fmt: skip
    becomes = None if tipping is None else "cannot tell"
    return Curve(points, tipping, becomes, None if tipping is None else Interval(tipping, 0.0, 1.0))


def _detectable(group: Group) -> Detectability:
    cells = tuple(
        MapCell(s, d, None if s < 0.2 else 0.6 - s / 2, s, max(2, round(s * group.n_actors)),
                None, None, None if d == "across" else s / 2, 1 - s)
        for d in ("along", "across")
        for s in SHARES
    )  # fmt: skip
    return Detectability(
        group.name, group.n_actors, group.n_items, group.n_items, 0.1, 0.35, 0.25, cells,
        tuple(BoundAt(s, 0.1, 0.02) for s in SHARES),
        (MoreItems(0.35, "clear", 0.3, "along", None, 900),), "A deep one would have shown.",
    )  # fmt: skip


def _blocs(group: Group) -> BlocNumber:
    actors = tuple(sorted(m.actor for b in group.blocs for m in b.members))
    half = len(actors) // 2
    everybody = Representative(0.7, 0.1, (actors,))
    parted = Representative(0.3, 0.4, (actors[:half], actors[half:]))
    chains = Chains(
        n_chains=2, n_warmup=100, n_draws=200, p_one=(0.6, 0.8), error_one=0.1, rhat_number=1.01,
        rhat_height=1.02, furthest=0.1, agree_on_one=True, agree=True,
    )  # fmt: skip
    return BlocNumber(
        group.name, 1, len(actors), group.n_items, 2, (0.5, 0.5), (0.7, 0.3), 0.7,
        Agreement(actors[:2], ((1.0, 0.6), (0.6, 1.0))), (everybody, parted), None,
        "Probably one bloc.", chains, {"dims": 1},
    )  # fmt: skip
