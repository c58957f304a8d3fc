"""The documentation says what the program does: names, commands, options and examples."""

import doctest
import importlib.util
import re
import shlex
from pathlib import Path

import pytest

import fissure

ROOT = Path(__file__).parent.parent
DOCS = ROOT / "docs"
PAGES = [ROOT / "README.md", *sorted(DOCS.rglob("*.md"))]
FENCE = re.compile(r"^```(?P<lang>[a-z]+)(?P<info>[^\n]*)\n(?P<body>.*?)^```$", re.M | re.S)
PYTHON = {"python", "pycon"}
SHELL = {"sh", "bash", "console", "shell"}
each_page = pytest.mark.parametrize(
    "path", PAGES, ids=lambda path: path.relative_to(ROOT).as_posix()
)


def make_cli():
    spec = importlib.util.spec_from_file_location("make_cli", DOCS / "make_cli.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def handwritten() -> str:
    return "\n".join(p.read_text(encoding="utf-8") for p in PAGES if p != DOCS / "cli.md")


def blocks(path: Path, languages: set[str]) -> list[re.Match]:
    text = path.read_text(encoding="utf-8")
    return [m for m in FENCE.finditer(text) if m["lang"] in languages]


def test_cli_page_is_what_help_says():
    stale = "docs/cli.md is stale: run `make docs-cli`"
    assert (DOCS / "cli.md").read_text(encoding="utf-8") == make_cli().page(), stale


def test_every_public_name_is_documented():
    words = set(re.findall(r"\w+", handwritten()))
    missing = sorted(name for name in fissure.__all__ if name.strip("_") not in words | {"version"})
    assert not missing, f"not mentioned in README.md or docs/: {', '.join(missing)}"


def test_every_command_is_documented():
    text = handwritten()
    names = [" ".join(("fissure", *command)) for command in make_cli().commands()]
    missing = [name for name in names if not re.search(rf"{re.escape(name)}\b", text)]
    assert not missing, f"only in docs/cli.md, shown nowhere else: {', '.join(missing)}"


@each_page
def test_shell_examples_use_commands_and_options_that_exist(path):
    cli = make_cli()
    commands = set(cli.commands())
    for block in blocks(path, SHELL):
        for line in block["body"].replace("\\\n", " ").splitlines():
            words = shlex.split(line.removeprefix("$ "), comments=True)
            if not words or words[0] != "fissure":
                continue
            command = max((c for c in commands if c == tuple(words[1 : len(c) + 1])), key=len)
            rest = words[len(command) + 1 :]
            is_known = command or not rest or rest[0].startswith("-")
            assert is_known, f"no such command: {line}"
            known = set(re.findall(r"(?<![\w-])--?[a-z][\w-]*", cli.help_of(command)))
            options = {word.split("=")[0] for word in rest if re.match(r"--?[a-z]", word)}
            assert options <= known, f"no such option, {options - known}: {line}"


@pytest.mark.compiled
@each_page
def test_python_examples_run(path, tmp_path, monkeypatch):
    """Blocks of one page share their names; ```` ```python no-run ```` leaves a block out."""
    monkeypatch.chdir(tmp_path)
    names = {"__name__": "__main__"}
    flags = doctest.NORMALIZE_WHITESPACE | doctest.ELLIPSIS
    for block in blocks(path, PYTHON):
        if "no-run" in block["info"]:
            continue
        line = path.read_text(encoding="utf-8")[: block.start("body")].count("\n")
        if ">>>" not in block["body"]:
            exec(compile("\n" * line + block["body"], path, "exec"), names)
            continue
        test = doctest.DocTestParser().get_doctest(block["body"], {}, path.name, str(path), line)
        test.globs = names
        said = []
        doctest.DocTestRunner(optionflags=flags).run(test, out=said.append, clear_globs=False)
        assert not said, "".join(said)
