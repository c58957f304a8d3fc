"""Results in, one HTML file out that needs no network. It computes no statistic."""

from __future__ import annotations

import base64
import functools
import hashlib
import json
import os
from pathlib import Path
from typing import Any

from fissure.errors import SettingError
from fissure.results import Split, Trace

__all__ = ["report"]

_TEMPLATES = Path(__file__).parent / "templates"


def report(result: Split | Trace, path: str | os.PathLike[str] | None = None) -> str:
    """The answer as one HTML page that works offline, on a phone and without a mouse.

    Parameters
    ----------
    result
        What :func:`fissure.split` or :func:`fissure.trace` gave, or the ``load`` of
        :class:`fissure.Split` or :class:`fissure.Trace`: a report on one stretch of records, or a
        timeline.
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


def _render(result: Split | Trace) -> str:
    # Charts, names and pictures' labels travel as one block of data, which no browser executes.
    if isinstance(result, Split):
        from fissure.report.page import page

        context = page(result)
        template, styles, own = "report.html.j2", ["report.css"], ["report.js"]
        data = {
            g["id"]: {"charts": g["charts"], "names": (g["heat"] or {}).get("names", [])}
            for g in context["groups"]
        }
    elif isinstance(result, Trace):
        from fissure.report.timeline import timeline

        context = timeline(result)
        template, styles = "timeline.html.j2", ["report.css", "timeline.css"]
        own = ["timeline.js", "report.js"]  # the first hears of charts that the second has drawn
        data = context.pop("data")
    else:
        raise SettingError(f"report takes a Split or a Trace, got {type(result).__name__}")
    scripts = [_bundle(), *map(_part, own)]
    html: str = (
        _environment()
        .get_template(template)
        .render(
            context,
            css="".join(map(_part, styles)),
            scripts=scripts,
            hashes=[_csp_hash(script) for script in scripts],
            data=json_for_script(data),
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
