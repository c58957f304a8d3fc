"""Q6: how often do windows come, how long do they last, and what is being ready for one worth?"""

from fissure.readiness.ledger import Ledger
from fissure.readiness.recurrence import recurrence
from fissure.readiness.warning import warning
from fissure.readiness.worth import readiness

__all__ = ["Ledger", "readiness", "recurrence", "warning"]
