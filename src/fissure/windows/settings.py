"""What counts as a window, and what is thought of it beforehand; all settable."""

from __future__ import annotations

from dataclasses import dataclass

from fissure.errors import SettingError

__all__ = ["WindowSettings"]


@dataclass(frozen=True)
class WindowSettings:
    """Settings of :func:`fissure.windows`.

    Parameters
    ----------
    min_rise
        A window is at least this much deeper than what surrounds it, on the scale of depth, 0 to 1.
    min_contrast
        It also rises by at least this many standard deviations of the ordinary movement of depth:
        what a group does anyway is no window.
    rise_scale
        Beyond that least rise, how much deeper windows are: the scale of a half-normal prior.
    movement_scale
        Scale of the half-normal prior of the ordinary movement's standard deviation.
    min_length, min_gap
        Fewest periods of a window, and between two windows. A window that is cut off by the first
        or the last period may be shorter: it is not known how long it lasts.
    max_windows
        Most windows in a series.
    ramps
        Over how many periods a window may open and close, ascending: 1 is a step, more a ramp in
        equal steps. Half of the prior is on the first, and the others share the rest. Of the others
        those longer than a quarter of the series are left out.
    p_none
        Prior probability of no window; each further window is half as probable as the one before.
    min_probability
        Windows are named if they are at least this probable.
    """

    min_rise: float = 0.10
    min_contrast: float = 2.5
    rise_scale: float = 0.20
    movement_scale: float = 0.03
    min_length: int = 2
    min_gap: int = 2
    max_windows: int = 4
    ramps: tuple[int, ...] = (1, 4, 10)
    p_none: float = 0.8
    min_probability: float = 0.5

    def __post_init__(self) -> None:
        for name in ("min_rise", "rise_scale", "movement_scale"):
            if not 0 < getattr(self, name) <= 1:
                raise SettingError(
                    f"{name} must be above 0 and at most 1, got {getattr(self, name)!r}"
                )
        if not 0 <= self.min_contrast <= 10:
            raise SettingError(f"min_contrast must be 0..10, got {self.min_contrast!r}")
        for name, most in (("min_length", 20), ("min_gap", 20), ("max_windows", 8)):
            value = getattr(self, name)
            if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= most:
                raise SettingError(f"{name} must be a whole number 1..{most}, got {value!r}")
        whole = isinstance(self.ramps, tuple) and all(type(r) is int for r in self.ramps)
        if not (
            whole and self.ramps and list(self.ramps) == sorted({*self.ramps} & {*range(1, 41)})
        ):
            raise SettingError(
                f"ramps must be a tuple of whole numbers 1..40, each larger than the one before, "
                f"got {self.ramps!r}"
            )
        if not 0 < self.p_none < 1:
            raise SettingError(f"p_none must lie between 0 and 1, got {self.p_none!r}")
        if not 0 < self.min_probability < 1:
            raise SettingError(
                f"min_probability must lie between 0 and 1, got {self.min_probability!r}"
            )
