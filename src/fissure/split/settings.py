"""The thresholds of the verdict: documented, the same for all bodies, and settable."""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np

from fissure.errors import SettingError

__all__ = ["SplitSettings", "check_seed"]


@dataclass(frozen=True)
class SplitSettings:
    """Settings of the verdict.

    Parameters
    ----------
    min_depth
        Blocs closer than this are no split: root mean square gap in yea share, 0 to 1.
    clear_depth
        *No split* is only said where a split of this depth would have been found in 80 of 100
        cases.
    max_middle
        The middle counts as empty up to this share of members who side with one bloc between a
        quarter and three quarters of the time.
    max_between
        It also counts as empty up to this share of members whose choices over all items place them
        between a quarter and three quarters of the way from one bloc to the other: blocs that stand
        apart without much discipline.
    level
        Largest error rate allowed: how often records without blocs look as deep.
    confidence
        Share of resampled records in which the criteria must hold for *split*; below one minus this
        it is *no split*.
    unity_depth
        Blocs closer than this are called unity.
    max_handful
        At most this many members, and less than a tenth of the group, are a handful of defectors;
        one member always is.
    min_standoff
        Defectors stand against all others' majority more than half of the time, and at least this
        much more often than anyone else in the group.
    max_blocs
        Up to how many blocs are looked for.
    min_stability
        Blocs are only counted where their members are found in them in at least this share of the
        halved records, on average.
    min_presence
        Members with usable choices on a smaller share of the group's items are left out.
    repeats
        How many times the items are halved.
    draws
        Resampled records behind each interval.
    null_draws
        Simulated records without blocs.
    power_draws
        Simulated records behind the smallest detectable depth.
    min_gap
        Preference verdict: two groups nearer than this many within-group standard deviations
        (Ashman's D) are no split; at 3 the valley between equal groups is two thirds as high as the
        peaks.
    clear_gap
        Preference verdict: *no split* is only said where such a gap would have been found.
    preference_draws
        Simulated one-peaked records behind the preference verdict; 0 leaves that verdict out.
    """

    min_depth: float = 0.25
    clear_depth: float = 0.35
    max_middle: float = 0.25
    max_between: float = 0.10
    level: float = 0.05
    confidence: float = 0.95
    unity_depth: float = 0.10
    max_handful: int = 5
    min_standoff: float = 0.15
    max_blocs: int = 4
    min_stability: float = 0.90
    min_presence: float = 0.10
    repeats: int = 20
    draws: int = 1000
    null_draws: int = 99
    power_draws: int = 80
    min_gap: float = 3.0
    clear_gap: float = 4.0
    preference_draws: int = 99

    def __post_init__(self) -> None:
        shares = (
            "min_depth",
            "clear_depth",
            "max_middle",
            "max_between",
            "unity_depth",
            "min_presence",
            "min_standoff",
            "min_stability",
        )
        for name in shares:
            if not 0 <= getattr(self, name) <= 1:
                raise SettingError(f"{name} must be 0..1, got {getattr(self, name)!r}")
        if not 0 < self.level < 0.5:
            raise SettingError(f"level must lie between 0 and 0.5, got {self.level!r}")
        if not 0.5 < self.confidence < 1:
            raise SettingError(f"confidence must lie between 0.5 and 1, got {self.confidence!r}")
        least = {"max_handful": 1, "max_blocs": 2, "repeats": 1, "draws": 100, "power_draws": 20}
        least |= {"null_draws": 19, "preference_draws": 0}
        for field in fields(self):
            value = getattr(self, field.name)
            if field.name in least and not (isinstance(value, int) and value >= least[field.name]):
                raise SettingError(
                    f"{field.name} must be {least[field.name]} or more, got {value!r}"
                )
        if self.clear_depth < self.min_depth:
            raise SettingError(
                f"clear_depth ({self.clear_depth}) must not be below min_depth ({self.min_depth})"
            )
        if not 2 <= self.min_gap <= self.clear_gap:
            raise SettingError(
                f"min_gap must lie between 2 and clear_gap ({self.clear_gap}), got {self.min_gap!r}"
            )

    def handful(self, n_actors: int) -> int:
        """The largest number of members that counts as a handful in a group of this size."""
        return max(1, min(self.max_handful, (n_actors - 1) // 10))


def check_seed(seed: object) -> None:
    """Refuse a seed that NumPy would not take.

    Raises
    ------
    SettingError
        If it is no whole number of 0 or more.
    """
    if isinstance(seed, bool) or not isinstance(seed, int | np.integer) or seed < 0:
        raise SettingError(f"seed must be a whole number of 0 or more, got {seed!r}")
