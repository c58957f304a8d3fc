"""The rules about shape in ARCHITECTURE.md and STYLE.md that can be read off the source."""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "src" / "fissure"
MAX_LINES = 500

# Left to right only. What stands in one step may not import its neighbours.
ORDER = (
    ("errors",),
    ("kernels", "results", "workers"),
    ("records", "periods"),
    ("readers", "matrix"),
    ("measures", "models"),
    ("inference",),
    ("split",),
    ("unknowns", "windows"),
    ("claims", "scenarios", "readiness"),
    ("datasets",),
    ("report",),
    ("cli",),
    ("__main__",),
)
STEP = {room: step for step, rooms in enumerate(ORDER) for room in rooms}
COMPILERS = {"njit", "jit", "vectorize", "guvectorize", "stencil", "cfunc"}

SOURCES = sorted(PACKAGE.rglob("*.py"))
each_source = pytest.mark.parametrize(
    "path", SOURCES, ids=lambda path: path.relative_to(PACKAGE).as_posix()
)


def room_of(path: Path) -> str:
    """The top-level module or package of fissure that a file belongs to."""
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def imports(tree: ast.AST, path: Path) -> Iterator[tuple[int, str]]:
    """Every (line, absolute dotted name) a module imports, at the top or inside a function."""
    package = ("fissure", *path.relative_to(PACKAGE).parts[:-1])
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield node.lineno, alias.name
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else ()
            for alias in node.names:
                yield node.lineno, ".".join(filter(None, (*base, node.module, alias.name)))


def breaches(source: str, path: Path) -> list[str]:
    """What a module imports against the order, as sentences."""
    room = room_of(path)
    found = []
    for line, name in imports(ast.parse(source), path):
        top, *rest = name.split(".")
        if top != "fissure":
            if room == "kernels" and top not in {"numpy", "numba", *sys.stdlib_module_names}:
                found.append(f"line {line}: kernels may import NumPy and Numba only, not {name}")
            continue
        target = rest[0] if rest else "fissure"
        if target == room or target == "__version__":
            continue
        if target not in STEP:
            found.append(f"line {line}: import {name} from its own module, not from the top")
        elif room == "kernels":
            found.append(f"line {line}: kernels import nothing of ours, not {name}")
        elif STEP[target] >= STEP[room]:
            found.append(f"line {line}: {room} may not import {name}, which is not to its left")
    return found


@each_source
def test_module_has_a_place_in_the_order(path):
    room = room_of(path)
    assert room == "__init__" or room in STEP, (
        f"{room} has no place in the order; add it here and in ARCHITECTURE.md"
    )


@each_source
def test_imports_go_left_to_right(path):
    if path == PACKAGE / "__init__.py":
        return  # the top of the package may import everything
    if room_of(path) in STEP:
        assert breaches(path.read_text(encoding="utf-8"), path) == []


@pytest.mark.parametrize(
    ("room", "line", "is_allowed"),
    [
        ("matrix.py", "from fissure.records import Records", True),
        ("matrix.py", "from .errors import DataError", True),
        ("matrix.py", "from . import records", True),
        ("matrix.py", "import fissure.split", False),
        ("matrix.py", "from .readers import read", False),
        ("matrix.py", "from fissure import Records", False),
        ("readers/voteview.py", "from .delimited import read", True),
        ("readers/voteview.py", "from ..matrix import Matrix", False),
        ("records.py", "def f():\n    from fissure import cli", False),
        ("kernels/em.py", "from ._jit import kernel", True),
        ("kernels/em.py", "import math, numpy as np", True),
        ("kernels/em.py", "from ..errors import FissureError", False),
        ("kernels/em.py", "import scipy.special", False),
    ],
)
def test_the_rule_itself(room, line, is_allowed):
    assert (breaches(line, PACKAGE / room) == []) is is_allowed


@each_source
def test_only_the_command_line_prints(path):
    if room_of(path) in {"cli", "__main__"}:
        return
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        is_print = isinstance(node, ast.Call) and getattr(node.func, "id", None) == "print"
        assert not is_print, f"line {node.lineno}: the library never prints"


@each_source
def test_kernels_are_compiled_by_our_decorators(path):
    is_decorator = path == PACKAGE / "kernels" / "_jit.py"
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.keyword) and node.arg == "fastmath":
            given = ast.literal_eval(node.value)
            is_safe = given is False or (is_decorator and given == {"reassoc", "contract"})
            assert is_safe, f"line {node.lineno}: fastmath deletes NaN checks"
        if is_decorator:
            continue
        if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "numba":
            taken = COMPILERS.intersection(alias.name for alias in node.names)
            assert not taken, f"line {node.lineno}: use kernels/_jit.py, not numba's {taken}"
        if isinstance(node, ast.Attribute) and node.attr in COMPILERS:
            is_numba = getattr(node.value, "id", None) in {"numba", "nb"}
            assert not is_numba, f"line {node.lineno}: use kernels/_jit.py, not numba.{node.attr}"


@pytest.mark.parametrize(
    "path",
    [*SOURCES, *sorted(ROOT.glob("tests/**/*.py"))],
    ids=lambda path: path.relative_to(ROOT).as_posix(),
)
def test_file_is_short_enough_to_read(path):
    n_lines = len(path.read_text(encoding="utf-8").splitlines())
    assert n_lines <= MAX_LINES, f"{n_lines} lines; split it by idea, {MAX_LINES} at most"
