"""Generated parts of docs/validation.md, between markers."""

from __future__ import annotations

import sys
from pathlib import Path

PAGE = Path(__file__).parent.parent / "docs" / "validation.md"


def write_page(parts: dict[str, str]) -> None:
    """Put the generated parts between their markers; all other text stays."""
    text = PAGE.read_text(encoding="utf-8")
    for name, part in parts.items():
        begin, end = f"<!-- begin {name} -->", f"<!-- end {name} -->"
        before, found, rest = text.partition(begin)
        _, closed, after = rest.partition(end)
        if not (found and closed):
            sys.exit(f"{PAGE.name} lacks the markers {begin} and {end}")
        text = f"{before}{begin}\n{part}\n{end}{after}"
    PAGE.write_text(text, encoding="utf-8")
