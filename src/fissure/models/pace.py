"""The step of a Hamiltonian path, adapted while a chain warms up."""

from __future__ import annotations

import math

__all__ = ["TARGET", "TURN", "Pace"]

#: Length of a path in units of a whitened standard deviation. Beyond a quarter turn (π/2) draws of
#: a mean are antithetic; much beyond it, draws of a spread suffer.
TURN = 2.0
#: Chance of acceptance aimed at.
TARGET = 0.8


class Pace:
    """Dual averaging of the log step (Hoffman and Gelman 2014, equation 6).

    Parameters
    ----------
    most
        No path takes more steps than this.
    """

    def __init__(self, most: int) -> None:
        self.most, self.step = most, 0.1
        self.renew()

    def renew(self) -> None:
        """Seek the step anew."""
        self.n, self.error, self.smooth = 0, 0.0, 0.0

    def adapt(self, chance: float) -> None:
        """Take in the chance of acceptance of one more path."""
        self.n += 1
        self.error += (TARGET - chance - self.error) / (self.n + 10)
        log_step = min(-10.0 * math.sqrt(self.n) * self.error, math.log(TURN))
        weight = self.n**-0.75
        self.smooth = weight * log_step + (1 - weight) * self.smooth
        self.step = max(math.exp(log_step), TURN / self.most)

    def settle(self) -> None:
        """Keep the averaged step."""
        self.step = math.exp(self.smooth)
