"""Q3: when did the split open and close, is it open now, is it the deepest since a given year?"""

from fissure.windows.opening import as_seen_then, windows
from fissure.windows.rank import rank
from fissure.windows.settings import WindowSettings
from fissure.windows.trace import trace

__all__ = ["WindowSettings", "as_seen_then", "rank", "trace", "windows"]
