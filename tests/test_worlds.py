"""Bodies whose division is known, and what is seen of them."""

import numpy as np
import pytest

from bodies import QUICK, camps, on_a_line, rng
from fissure.split.criteria import shape_of
from fissure.split.crossfit import cross_fit, item_bootstrap
from fissure.unknowns.worlds import draw_world, look_of, look_worlds, way_of


def looked(y, order=None, seed=1):
    """A look at a body, and its cross-fit."""
    draw = rng(seed)
    fit = cross_fit(y, repeats=3, rng=draw)[0, 1]
    shape = shape_of(fit, item_bootstrap(y.shape[1], 100, draw), QUICK)
    order = np.arange(y.shape[1]) if order is None else order
    return look_of(fit, shape, order, QUICK), fit


def twin(fit, order):
    """Each member's evidence, member by member and block by block, from the formula."""
    n_items, n = fit.sides[2].shape
    length = max(1, round(n_items ** (1 / 3)))
    way = [fit.sides[2, :, i].sum() / fit.sides[3, :, i].sum() for i in range(n)]
    ends = [np.mean([w for w, k in zip(way, fit.labels, strict=True) if k == b]) for b in (0, 1)]
    out = []
    for i in range(n):
        term = [fit.sides[2, j, i] - sum(ends) / 2 * fit.sides[3, j, i] for j in order]
        sums = [sum(term[k : k + length]) for k in range(0, n_items, length)]
        z = sum(sums) / np.sqrt(sum(s * s for s in sums))
        out.append(z if (fit.labels[i] == 0) == (ends[0] > ends[1]) else -z)
    return out


@pytest.mark.parametrize("n_items", [40, 61])
def test_evidence_is_that_of_the_formula(n_items):
    order = rng(2).permutation(n_items)
    look, fit = looked(camps((8, 6), n_items, 0.5, rng(3))[0], order)
    # sums of float32 in another order
    np.testing.assert_allclose(look.evidence, twin(fit, order), rtol=1e-3, atol=1e-3)


def test_members_of_clear_camps_stand_many_errors_on_their_own_side():
    look, _ = looked(camps((12, 9), 200, 0.6, rng(4))[0])
    assert look.evidence.min() > 4
    assert look.stability > 0.99


def test_a_member_on_the_line_is_on_nobodys_side():
    y, _ = camps((12, 9), 400, 0.6, rng(5))
    y[0, ::2] = y[-1, ::2]  # half of the time with the other camp
    look, _ = looked(y)
    assert abs(look.evidence[0]) < 3
    assert np.median(look.evidence) > 6


def test_a_member_without_a_choice_gives_no_evidence():
    y, _ = camps((12, 9), 60, 0.6, rng(6))
    y[3] = 0
    assert looked(y)[0].evidence[3] == 0.0


def test_ways_run_along_the_line():
    y, x = on_a_line(30, 300, rng(7))
    way = way_of(cross_fit(y, repeats=3, rng=rng(1))[0, 1])
    assert abs(np.corrcoef(way, x)[0, 1]) > 0.95


def test_worlds_are_split_about_half_of_the_time():
    draw = rng(6)
    flat = np.full((45, 40), 0.7, np.float32)
    share = np.mean([draw_world(flat, QUICK, draw).is_split for _ in range(400)])
    assert share == pytest.approx(0.5, abs=0.1)  # 0.08 is three standard errors


def test_a_world_without_anybody_between_its_ends_is_as_deep_as_its_items_say():
    draw = rng(7)
    flat = np.full((40, 4000), 0.7, np.float32)
    worlds = [draw_world(flat, QUICK, draw) for _ in range(60)]
    ends = [w for w in worlds if np.isin(w.way, (0.0, 1.0)).all()]
    assert ends
    for w in ends:
        upper = w.way == 1.0
        gap = w.chance[upper].mean(axis=0) - w.chance[~upper].mean(axis=0)
        # 4,000 items: the share contested has a standard error of at most 0.008
        assert np.mean(gap**2) == pytest.approx(w.depth**2, abs=0.64 * 0.03)


def test_a_world_in_which_all_stand_between_is_no_split():
    draw = rng(8)
    flat = np.full((40, 50), 0.7, np.float32)
    worlds = [draw_world(flat, QUICK, draw) for _ in range(300)]
    spread = [w for w in worlds if np.mean((w.way > 0.2) & (w.way < 0.8)) > 0.3]
    assert spread
    assert not any(w.is_split for w in spread)


@pytest.mark.compiled
def test_worlds_are_looked_at_with_the_absences_of_the_records():
    flat, present = np.full((20, 60), 0.7, np.float32), rng(9).random((20, 60)) < 0.6
    seen = look_worlds(flat, present, QUICK, 40, np.random.SeedSequence(1))
    assert len(seen.looks) == len(seen.stands) == 40
    depth = np.array([look.depth for look in seen.looks])
    deep = seen.depth > 0.4
    # members in the wrong bloc take something off the depth, hardly anything adds to it
    assert np.median((depth - seen.depth)[deep]) < 0.02
    right = np.array([s.mean() for s in seen.stands])
    assert (right >= 0.5).all()
    assert right[deep].mean() > 0.9
    again = look_worlds(flat, present, QUICK, 20, np.random.SeedSequence(1))
    assert [v.depth for v in again.looks] == [v.depth for v in seen.looks[:20]]
