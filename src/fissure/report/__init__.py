"""Results in, one HTML file out that needs no network. It computes no statistic."""

from __future__ import annotations

import base64
import functools
import hashlib
import json
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

from fissure.errors import SettingError
from fissure.results import LedgerBook, Ready, Scenarios, Split, Trace
from fissure.results.claim import Claim

__all__ = ["report"]

#: What can be printed.
Printed: TypeAlias = Split | Trace | Claim | Ready | LedgerBook | Scenarios

_TEMPLATES = Path(__file__).parent / "templates"


def report(result: Printed, path: str | os.PathLike[str] | None = None) -> str:
    """The answer as one HTML page that works offline, on a phone and without a mouse.

    Parameters
    ----------
    result
        What :func:`fissure.split`, :func:`fissure.trace`, :func:`fissure.claim` or
        :func:`fissure.scenarios` gave, what ``fissure ready --json`` wrote or
        :meth:`fissure.Ledger.read` gave, or the ``load`` of its class: a report on one stretch of
        records, a timeline, what cases say of a claim, what follows under rival models, when the
        next window comes, or how good forecasts were.
    path
        Where to write the page as UTF-8; nothing is written without it.

    Returns
    -------
    str
        The page. The same result gives the same page, byte for byte.

    Raises
    ------
    SettingError
        If the result is of another type, or the path cannot be written.

    Examples
    --------
    >>> import fissure as fs
    >>> html = fs.report(fs.split(fs.load("senate-109")), "report.html")  # doctest: +SKIP
    """
    html = _render(result)
    if path is not None:
        try:
            Path(path).write_text(html, encoding="utf-8", newline="\n")
        except OSError as error:
            raise SettingError(f"{os.fspath(path)} cannot be written: {error.strerror}") from error
    return html


@dataclass(frozen=True)
class _Page:
    """What one kind of result is printed with; ``data`` is for the scripts, no browser runs it."""

    context: dict[str, Any]
    data: dict[str, Any]
    template: str
    styles: tuple[str, ...]
    scripts: tuple[str, ...] = ("report.js",)


def _of_split(split: Split) -> _Page:
    from fissure.report.page import page

    context = page(split)
    data = {
        g["id"]: {"charts": g["charts"], "names": (g["heat"] or {}).get("names", [])}
        for g in context["groups"]
    }
    return _Page(context, data, "report.html.j2", ("report.css",))


def _of_trace(trace: Trace) -> _Page:
    from fissure.report.timeline import timeline

    context = timeline(trace)
    styles = ("report.css", "timeline.css")
    # the first script hears of charts that the second has drawn
    scripts = ("timeline.js", "report.js")
    return _Page(context, context.pop("data"), "timeline.html.j2", styles, scripts)


def _of_claim(claim: Claim) -> _Page:
    from fissure.report.claim import claim_page

    context = claim_page(claim)
    return _Page(context, context.pop("data"), "claim.html.j2", ("report.css", "claim.css"))


def _of_ready(ready: Ready) -> _Page:
    from fissure.report.ready import ready_page

    context = ready_page(ready)
    return _Page(context, context.pop("data"), "ready.html.j2", ("report.css", "ready.css"))


def _of_ledger(book: LedgerBook) -> _Page:
    from fissure.report.ready import ledger_page

    context = ledger_page(book)
    return _Page(context, context.pop("data"), "ledger.html.j2", ("report.css", "ready.css"))


def _of_scenarios(answer: Scenarios) -> _Page:
    from fissure.report.scenarios import scenarios_page

    context = scenarios_page(answer)
    styles = ("report.css", "scenarios.css")
    return _Page(context, context.pop("data"), "scenarios.html.j2", styles)


#: Kinds of result and how each is printed; a new page joins by one line.
_PAGES: dict[type, Callable[[Any], _Page]] = {
    Split: _of_split,
    Trace: _of_trace,
    Claim: _of_claim,
    Ready: _of_ready,
    LedgerBook: _of_ledger,
    Scenarios: _of_scenarios,
}


def _render(result: Printed) -> str:
    make = next((make for kind, make in _PAGES.items() if isinstance(result, kind)), None)
    if make is None:
        names = [kind.__name__ for kind in _PAGES]
        raise SettingError(
            f"report takes a {', '.join(names[:-1])} or {names[-1]}, got {type(result).__name__}"
        )
    page = make(result)
    scripts = [_bundle(), *map(_part, page.scripts)]
    html: str = (
        _environment()
        .get_template(page.template)
        .render(
            page.context,
            css="".join(map(_part, page.styles)),
            scripts=scripts,
            hashes=[_csp_hash(script) for script in scripts],
            data=json_for_script(page.data),
        )
    )
    return html


def _part(name: str) -> str:
    return (_TEMPLATES / name).read_text(encoding="utf-8")


def json_for_script(value: Any) -> str:
    """JSON that cannot end the script element it stands in, nor be read as markup."""
    text = json.dumps(value, ensure_ascii=True, allow_nan=False, separators=(",", ":"))
    return text.replace("&", "\\u0026").replace("<", "\\u003c").replace(">", "\\u003e")


@functools.cache
def _bundle() -> str:
    """Vega, Vega-Lite and Vega-Embed as one script, out of the installed vl-convert."""
    import vl_convert

    bundle: str = vl_convert.javascript_bundle()  # type: ignore[call-arg]  # its stub is wrong
    bundle = bundle.replace("\r\n", "\n").replace("\r", "\n")
    # An HTML parser ends a script at these, even inside a JavaScript string.
    return bundle.replace("</script", "<\\/script").replace("<!--", "<\\!--")


def _csp_hash(script: str) -> str:
    digest = hashlib.sha256(script.encode("utf-8")).digest()
    return f"'sha256-{base64.b64encode(digest).decode('ascii')}'"


@functools.cache
def _environment() -> Any:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    return Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
