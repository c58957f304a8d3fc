"""What others see of a ledger: its hashes, its baseline, its list and its page."""

import hashlib
import re
import sqlite3
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from fissure.cli import run
from fissure.cli.terminal import escaped
from fissure.readiness.ledger import Ledger
from fissure.readiness.scoring import past_shares
from fissure.report import report
from fissure.results import LedgerBook
from test_report_browser import PHONE, visit

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
LATE = "2026-12-31"
STEERS = "a\x1b[2Jb\u202ec\x9bd\ne"
PAGE = Path(__file__).parent.parent / "docs" / "methods" / "ledger.md"


@pytest.fixture
def book(tmp_path):
    """A ledger in which no time passes."""
    return Ledger(tmp_path / "l.sqlite", clock=lambda: NOON)


def test_the_hash_is_over_the_bytes_that_the_page_shows(book):
    text = PAGE.read_text(encoding="utf-8")
    (shown,) = re.findall(r'^\[1, "statement".*\]$', text, re.M)
    (kept,) = re.findall(r"have the hash `(\w{64})`", text)
    (n_bytes,) = re.findall(r"these (\d+) bytes", text)
    assert hashlib.sha256(shown.encode("ascii")).hexdigest() == kept
    assert len(shown) == int(n_bytes)
    book.add("Café", 0.3, LATE)
    assert book.read().head == kept


def test_every_character_is_written_as_the_page_says(book):
    """Without the writer of JSON: the rules of the page, one by one."""
    book.add('é \U0001f600 / \x7f\u2028 "no" \\ \n\r\t\b\f\x00\x1b.', 0.3, LATE)
    db = sqlite3.connect(book.path)
    ((seq, kind, number, at, body, before, kept),) = db.execute("SELECT * FROM entries")
    db.close()
    quoted = [_quoted(t) for t in (kind, at, body, before)]
    line = f"[{seq}, {quoted[0]}, {number}, {quoted[1]}, {quoted[2]}, {quoted[3]}]"
    assert hashlib.sha256(line.encode("ascii")).hexdigest() == kept


def _quoted(text):
    short = {"\n": "\\n", "\r": "\\r", "\t": "\\t", "\b": "\\b", "\f": "\\f", '"': '\\"',
             "\\": "\\\\"}  # fmt: skip
    return '"' + "".join(short.get(c) or _code(c) for c in text) + '"'


def _code(c):
    units = c.encode("utf-16-be").hex()
    pairs = [units[k : k + 4] for k in range(0, len(units), 4)]
    return c if " " <= c <= "~" else "".join(f"\\u{p}" for p in pairs)


def test_past_frequency_does_not_know_the_outcome_of_the_same_second(book):
    """Entered and resolved within one second: nothing was known, and one half was all to say."""
    book.add("x", 0.5, LATE)
    book.resolve(1, "yes")
    assert book.score().score.brier_past == 0.25


def test_past_frequency_goes_by_the_order_of_entries(book):
    """Six entries of one second: when 3 is made 1 has come true, and 2 is open."""
    for k in (1, 2):
        book.add(f"s{k}", 0.5, LATE)
    book.resolve(1, "yes")
    book.add("s3", 0.5, LATE)
    for k in (2, 3):
        book.resolve(k, "yes")
    statements = book.read().statements
    assert [(s.entry, s.outcome_entry) for s in statements] == [(1, 3), (2, 5), (4, 6)]
    assert past_shares(statements).tolist() == [0.5, 0.5, 0.75]


def test_places_in_the_chain_are_saved(book, tmp_path):
    book.add("x", 0.5, LATE)
    book.resolve(1, "yes")
    book.read().to_json(tmp_path / "b.json")
    (told,) = LedgerBook.load(tmp_path / "b.json").statements
    assert (told.entry, told.outcome_entry) == (1, 2)


def test_control_characters_are_written_out():
    assert escaped(STEERS) == r"a\x1b[2Jb\u202ec\x9bd\ne"
    assert escaped("\x00\x7f\u2028\u2066") == r"\x00\x7f\u2028\u2066"


@pytest.mark.parametrize("text", ["« oui » é", "می\u200cخواهم", "שלום", "👩\u200d🔬", r"\x1b"])
def test_letters_of_every_script_stay(text):
    assert escaped(text) == text


@pytest.mark.parametrize("is_terminal", [True, False])
def test_a_list_cannot_steer_the_terminal(tmp_path, monkeypatch, capsys, is_terminal):
    """Not by a pipe either: what ``less`` or ``head`` prints goes to the terminal."""
    monkeypatch.chdir(tmp_path)
    one = Ledger("ledger.sqlite")
    one.add(STEERS, 0.3, "2099-12-31")
    one.resolve(1, "yes", note=STEERS)
    monkeypatch.setattr(sys.stdout, "isatty", lambda: is_terminal)
    assert run(["ledger", "list", "--json", "b.json"]) == 0
    said = capsys.readouterr().out
    assert said.count(r"a\x1b[2Jb\u202ec\x9bd\ne") == 2
    assert not set(said) & set("\x1b\u202e\x9b")
    assert LedgerBook.load("b.json").statements[0].text == STEERS


@pytest.mark.browser
def test_days_are_not_broken_on_a_phone(browser, tmp_path, book):
    book.add("A window of deeper division opens in this body", 0.3, LATE)
    book.resolve(1, "yes", note="the record of the day, which has many words")
    page, _, _ = visit(browser, tmp_path, report(book.read()), PHONE)
    cells = page.eval_on_selector_all(
        "#statements tbody td",
        """all => all.map(e => {
            const range = document.createRange();
            range.selectNodeContents(e);
            return [e.textContent, range.getClientRects().length];
        })""",
    )
    days = [(text, lines) for text, lines in cells if re.search(r"\d{4}-\d\d-\d\d$", text)]
    assert days == [("2026-01-01", 1), (LATE, 1), ("yes, 2026-01-01", 1)]
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
