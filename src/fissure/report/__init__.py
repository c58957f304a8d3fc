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
from fissure.results import Split

__all__ = ["report"]

_TEMPLATES = Path(__file__).parent / "templates"


def report(split: Split, path: str | os.PathLike[str] | None = None) -> str:
    """The answer as one HTML page that works offline, on a phone and without a mouse.

    Parameters
    ----------
    split
        What :func:`fissure.split` or :meth:`fissure.Split.load` gave.
    path
        Where to write the page as UTF-8; nothing is written without it.

    Returns
    -------
    str
        The page. The same result gives the same page, byte for byte.

    Raises
    ------
    SettingError
        If the path cannot be written.

    Examples
    --------
    >>> import fissure as fs
    >>> html = fs.report(fs.split(fs.load("senate-109")), "report.html")  # doctest: +SKIP
    """
    from fissure.report.page import page

    context = page(split)
    # Charts, names and pictures' labels travel as one block of data, which no browser executes.
    data = {
        group["id"]: {"charts": group["charts"], "names": (group["heat"] or {}).get("names", [])}
        for group in context["groups"]
    }
    scripts = [_bundle(), (_TEMPLATES / "report.js").read_text(encoding="utf-8")]
    html = (
        _environment()
        .get_template("report.html.j2")
        .render(
            context,
            css=(_TEMPLATES / "report.css").read_text(encoding="utf-8"),
            scripts=scripts,
            hashes=[_csp_hash(script) for script in scripts],
            data=json_for_script(data),
        )
    )
    if path is not None:
        try:
            Path(path).write_text(html, encoding="utf-8", newline="\n")
        except OSError as error:
            raise SettingError(f"{os.fspath(path)} cannot be written: {error.strerror}") from error
    return html


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
