"""What counts as a window, and which settings are refused."""

import pytest

from fissure.errors import SettingError
from fissure.windows.settings import WindowSettings

REFUSED = "ramps must be a tuple of whole numbers 1..40, each larger than the one before, got "


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("min_rise", 0, "min_rise must be above 0 and at most 1, got 0"),
        ("min_contrast", -1, "min_contrast must be 0..10, got -1"),
        ("min_length", 0, "min_length must be a whole number 1..20, got 0"),
        ("max_windows", 9, "max_windows must be a whole number 1..8, got 9"),
        ("ramps", (), REFUSED + "()"),
        ("ramps", (4, 1), REFUSED + "(4, 1)"),
        ("ramps", (1, 1), REFUSED + "(1, 1)"),
        ("ramps", (0, 4), REFUSED + "(0, 4)"),
        ("ramps", (1, 41), REFUSED + "(1, 41)"),
        ("ramps", (1, 4.0), REFUSED + "(1, 4.0)"),
        ("ramps", [1, 4], REFUSED + "[1, 4]"),
        ("p_none", 1.0, "p_none must lie between 0 and 1, got 1.0"),
        ("min_probability", 0, "min_probability must lie between 0 and 1, got 0"),
    ],
)
def test_settings_outside_what_is_allowed_are_refused(name, value, message):
    with pytest.raises(SettingError) as error:
        WindowSettings(**{name: value})
    assert str(error.value) == message
