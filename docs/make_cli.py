"""Write docs/cli.md from the installed program's own --help. Run by `make docs-cli`."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from cyclopts import App

from fissure.cli import app

PAGE = Path(__file__).parent / "cli.md"
PROGRAM = "import sys; from fissure.cli import main; sys.argv[0] = 'fissure'; main()"
COLUMNS = 88
INTRO = """\
# Command line

This page is what `--help` says, written by `make docs-cli`; do not edit it by hand.
"""


def commands(group: App = app, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """Every visible command as a tuple of words; the program itself is the empty one."""
    yield path
    for name in group:
        if not name.startswith("-") and group[name].show:
            yield from commands(group[name], (*path, name))


def help_of(command: tuple[str, ...]) -> str:
    """What `fissure COMMAND --help` prints at a fixed width, without colour."""
    env = {k: v for k, v in os.environ.items() if k not in {"FORCE_COLOR", "TTY_COMPATIBLE"}}
    env |= {"COLUMNS": str(COLUMNS), "NO_COLOR": "1", "TERM": "dumb", "PYTHONUTF8": "1"}
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, *command, "--help"],
        env=env,
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    if done.returncode:
        sys.exit(f"fissure {' '.join(command)} --help failed:\n{done.stdout}{done.stderr}")
    return "\n".join(line.rstrip() for line in done.stdout.strip().splitlines())


def page() -> str:
    """The whole page, as it should stand in docs/cli.md."""
    parts = [INTRO]
    for command in commands():
        title = " ".join(("fissure", *command))
        parts.append(f"## {title}\n\n```text\n{help_of(command)}\n```\n")
    return "\n".join(parts)


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
    print(f"wrote {PAGE.name}")
