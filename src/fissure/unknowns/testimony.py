"""What informants say, as a channel: competence, interest and shared access."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from fissure.errors import SettingError
from fissure.unknowns.ranges import Number, ends

__all__ = ["Informant", "Panel", "Says", "law", "panel_of", "posterior", "voices"]

Array = NDArray[np.float64]
Says = Literal["split", "no split"]

#: With informants who differ, every combination of statements is looked at.
MOST_UNLIKE, MOST_ALIKE = 8, 100


@dataclass(frozen=True)
class Informant:
    """Somebody with inside knowledge who says *split* or *no split*.

    Parameters
    ----------
    sensitivity
        How often such an informant says *split* where there is a split, 0 to 1: a number, or a
        range (low, high), as everywhere here.
    false_alarm
        How often where there is none, 0 to 1.
    says
        ``split`` or ``no split``; None before asking.
    bias
        Probability of being an interested party who says what suits them in any case, 0 to 1.
    interest
        What suits them. Without it, whatever they say: the most sceptical reading.
    name
        What to call them in print.

    Raises
    ------
    SettingError
        If a number lies outside 0 to 1, or a word is another one.

    Examples
    --------
    >>> Informant(0.8, (0.1, 0.3), says="split", bias=0.2).false_alarm
    (0.1, 0.3)
    """

    sensitivity: Number
    false_alarm: Number
    says: Says | None = None
    bias: Number = 0.0
    interest: Says | None = None
    name: str = ""

    def __post_init__(self) -> None:
        for field in ("sensitivity", "false_alarm", "bias"):
            ends(field, getattr(self, field))
        for field in ("says", "interest"):
            word = getattr(self, field)
            if word not in (None, "split", "no split"):
                raise SettingError(f"{field} must be 'split' or 'no split', got {word!r}")
        if self.says is None and self.interest is None and ends("bias", self.bias)[1] > 0:
            raise SettingError(
                f"interest is needed before asking an informant with bias={self.bias!r}: "
                "'split' or 'no split'"
            )


@dataclass(frozen=True)
class Panel:
    """Some informants and the prior as one box of uncertain numbers.

    The numbers are prior, correlation, then sensitivity, false alarm and bias of each kind.

    Parameters
    ----------
    low, high
        Ends of the box, shape (2 + 3 × kinds,).
    kind
        Kind of each informant, shape (n,); all of one kind have the same numbers.
    suits
        1 where an interested informant says *split*, 0 where *no split*, shape (n,).
    said
        True for *split*, shape (n,); None before asking.
    """

    low: Array
    high: Array
    kind: NDArray[np.intp]
    suits: Array
    said: NDArray[np.bool_] | None

    @property
    def n(self) -> int:
        """Number of informants."""
        return len(self.kind)

    @property
    def alike(self) -> bool:
        """Whether nothing but what they say tells them apart."""
        return len(set(self.kind.tolist())) == 1 and len(set(self.suits.tolist())) == 1

    def channels(self, points: Array) -> tuple[Array, Array]:
        """P(says split | split) and P(says split | none) of each, shapes (n_points, n)."""
        a, b, q = (points[:, 2 + j + 3 * self.kind] for j in range(3))
        return voices(a, b, q, self.suits)

    def patterns(self) -> tuple[NDArray[np.bool_], Array]:
        """What they may say together, shape (k, n), and how many orders each row stands for."""
        n = self.n
        if self.alike:
            from scipy.special import comb

            counts = np.arange(n + 1)
            return counts[:, None] > np.arange(n)[None, :], comb(n, counts)
        rows = np.arange(2**n)[:, None] >> np.arange(n)[None, :]
        return (rows & 1).astype(bool), np.ones(2**n)


def panel_of(informants: Sequence[Informant], prior: Number, correlation: Number) -> Panel:
    """The box of some informants; those with equal settings are of one kind.

    Raises
    ------
    SettingError
        If there is none or too many, a correlation is given for one, or only some have spoken.
    """
    n = len(informants)
    if n == 0:
        raise SettingError("at least 1 informant is needed, got none")
    rho = ends("correlation", correlation)
    if n == 1 and rho[1] > 0:
        raise SettingError(f"correlation={correlation!r} needs at least 2 informants, got 1")
    silent = sum(i.says is None for i in informants)
    if silent not in (0, n):
        raise SettingError(f"either all informants have said something or none, got {silent} of {n}"
                           " without says")  # fmt: skip
    blocks: list[tuple[tuple[float, float], ...]] = []
    kind = []
    for i in informants:
        block = tuple(ends(f, getattr(i, f)) for f in ("sensitivity", "false_alarm", "bias"))
        if block not in blocks:
            blocks.append(block)
        kind.append(blocks.index(block))
    box = np.array([ends("prior", prior), rho, *(pair for block in blocks for pair in block)])
    # what would suit those who are never interested must not tell them apart
    suits = np.array(
        [
            float((i.interest or i.says) == "split" and ends("bias", i.bias)[1] > 0)
            for i in informants
        ]
    )
    said = None if silent else np.array([i.says == "split" for i in informants])
    panel = Panel(box[:, 0].copy(), box[:, 1].copy(), np.array(kind, np.intp), suits, said)
    most = MOST_ALIKE if panel.alike else MOST_UNLIKE
    if n > most:
        which = "of one kind" if panel.alike else "who differ"
        raise SettingError(f"informants {which} must be 1..{most}, got {n}")
    return panel


def voices(a: Array, b: Array, q: Array, suits: Array) -> tuple[Array, Array]:
    """The channel of informants who are interested parties with probability q.

    a' = (1 − q) a + q r and b' = (1 − q) b + q r, where r is what the interested say.
    """
    return (1 - q) * a + q * suits, (1 - q) * b + q * suits


def law(voice: Array, rho: Array, patterns: NDArray[np.bool_]) -> Array:
    """Probability of each pattern of statements in one state of the world, shape (m, k).

    There is one account that can be shared. Each informant passes it on with probability √ρ, and
    otherwise says what they know themselves. The account is a number u, uniform from 0 to 1, and
    says *split* to those whose own probability lies above it. So every informant's own probability
    is kept, and of two who are alike the statements have correlation ρ. At ρ = 1 informants who are
    alike are one informant; at ρ = 0 they are independent.

    With λ = √ρ and c_i = 1[u < v_i]:
    P(t) = ∫ Π_i Bernoulli(t_i; λ c_i + (1 − λ) v_i) du, a sum over the stretches between the v_i.

    Parameters
    ----------
    voice
        v: probability that each says *split*, shape (m, n).
    rho
        Correlation, shape (m,).
    patterns
        True for *split*, shape (k, n).

    Examples
    --------
    >>> import numpy as np
    >>> both = np.array([[True, True]])
    >>> voice = np.full((3, 2), 0.8)
    >>> law(voice, np.array([0.0, 0.5, 1.0]), both).round(2).ravel().tolist()
    [0.64, 0.72, 0.8]
    """
    alike = bool((voice == voice[:, :1]).all())
    inner = voice[:, :1] if alike else np.sort(voice, axis=1)
    cuts = np.pad(inner, ((0, 0), (1, 1)), constant_values=((0, 0), (0, 1)))
    width, middle = np.diff(cuts, axis=1), (cuts[:, 1:] + cuts[:, :-1]) / 2
    passed = np.sqrt(rho)[:, None]
    product = np.ones((*width.shape, len(patterns)))
    for i in range(voice.shape[1]):
        own = voice[:, i, None]
        says = (passed * (middle < own) + (1 - passed) * own)[:, :, None]
        product *= np.where(patterns[:, i], says, 1 - says)
    return np.asarray((width[:, :, None] * product).sum(axis=1))


def posterior(prior: Array, if_split: Array, if_none: Array) -> Array:
    """P(split | statements) by Bayes' rule; NaN where the statements are impossible.

    Examples
    --------
    >>> import numpy as np
    >>> posterior(np.array([0.5]), np.array([0.8]), np.array([0.2])).round(3).tolist()
    [0.8]
    """
    yes, no = prior * if_split, (1 - prior) * if_none
    total = yes + no
    return np.where(total > 0, yes / np.where(total > 0, total, 1.0), np.nan)
