"""What two blocs do on held-out items: gaps, oppositions, and who sided with whom."""

from __future__ import annotations

from fissure.kernels._jit import jit

__all__ = ["held_out"]


@jit
def held_out(y, bloc, columns, squared, seen, opposed, sides):  # type: ignore[no-untyped-def]
    """Add up what two blocs did on the given items.

    ``y`` is int8 of shape (n_items, n_actors): +1 yea, −1 nay, 0 unobserved. ``bloc`` is 0 or 1,
    or something else for actors in neither. For each item j of ``columns``:

    - ``squared[j]`` grows by the unbiased estimate of the squared gap in yea shares,
      (a − b)² − a(1 − a)/(n_a − 1) − b(1 − b)/(n_b − 1), and ``seen[j]`` by 1, where both blocs
      cast at least two choices;
    - ``opposed[j]`` grows by 1 where the majorities oppose each other;
    - for each actor i with a choice, four numbers of ``sides[:, j, i]`` grow, in all of which the
      blocs are taken without the actor: by 1, ``sides[1]`` where the majorities oppose each other
      and ``sides[0]`` where the actor then chose as bloc 0 did; ``sides[2]`` by g (v − (a + b)/2)
      and ``sides[3]`` by g², with yea shares a and b, g = a − b and v = 1 for yea, 0 for nay.
    """
    n = y.shape[1]
    for at in range(len(columns)):
        j = columns[at]
        n0, n1, s0, s1 = 0, 0, 0, 0
        for i in range(n):
            v = int(y[j, i])
            if v != 0:
                if bloc[i] == 0:
                    n0 += 1
                    s0 += v
                elif bloc[i] == 1:
                    n1 += 1
                    s1 += v
        if n0 >= 2 and n1 >= 2:
            a = 0.5 * (1.0 + s0 / n0)
            b = 0.5 * (1.0 + s1 / n1)
            squared[j] += (a - b) ** 2 - a * (1.0 - a) / (n0 - 1) - b * (1.0 - b) / (n1 - 1)
            seen[j] += 1.0
            if s0 * s1 < 0:
                opposed[j] += 1.0
        for i in range(n):
            v = int(y[j, i])
            if v == 0:
                continue
            o0, m0, o1, m1 = s0, n0, s1, n1
            if bloc[i] == 0:
                o0 -= v
                m0 -= 1
            elif bloc[i] == 1:
                o1 -= v
                m1 -= 1
            if o0 * o1 < 0:
                sides[1, j, i] += 1.0
                if (o0 > 0) == (v > 0):
                    sides[0, j, i] += 1.0
            if m0 > 0 and m1 > 0:
                g = 0.5 * (o0 / m0 - o1 / m1)
                sides[2, j, i] += g * (0.5 * v - 0.25 * (o0 / m0 + o1 / m1))
                sides[3, j, i] += g * g
