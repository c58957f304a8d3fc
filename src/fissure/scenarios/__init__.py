"""Q5: if the split is real and the challengers are (not) organised, what follows?"""

from fissure.scenarios.calibrate import Case
from fissure.scenarios.cascade import Cascade
from fissure.scenarios.explore import MODELS, scenarios
from fissure.scenarios.global_game import GlobalGame
from fissure.scenarios.model import OUTCOMES, Model
from fissure.scenarios.stress import Stress, StressIndex
from fissure.scenarios.violence import CivilViolence, Violence

__all__ = [
    "MODELS",
    "OUTCOMES",
    "Cascade",
    "Case",
    "CivilViolence",
    "GlobalGame",
    "Model",
    "Stress",
    "StressIndex",
    "Violence",
    "scenarios",
]
