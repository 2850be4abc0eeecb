"""Briefs of real solved scenarios, and all that a browser has to say about one."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import page_checks as checks
import page_numbers as numbers
import pandas as pd
import pytest
from browser import DESKTOP, PHONE, TABLET, Opened, Theme, open_page, settle
from page_print import as_laid_out, printed_pages
from playwright.sync_api import Browser, Page

from cge.app.comparing import compared
from cge.app.reporting import report
from scenarios.reader import read_scenario

WIDTHS = (PHONE, TABLET, DESKTOP)


@dataclass(frozen=True)
class Brief:
    """A page on disk, the result folders behind it by label, the titles it must bear, what packages add."""

    path: Path
    folders: Mapping[str, Path]
    titles: tuple[str, ...]
    packages: pd.DataFrame

    def tables(self) -> dict[str, dict[str, pd.DataFrame]]:
        """The Parquet files of every result, and its own rows of the comparison's table of packages."""
        read = numbers.read_results(self.folders)
        if self.packages.empty:
            return read
        own = {label: self.packages.loc[self.packages["scenario"] == label] for label in read}
        return {label: {**named, "packages": own[label]} for label, named in read.items()}


def build(folder: Path, names: Sequence[str], *, aggregation: str | None) -> Brief:
    """Write the brief of some scenarios; their results are kept as folders beside it."""
    store = folder / "results"
    command = f"cge report {' '.join(names)} -o brief.html"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CGE_RUN_STORE", str(store))
        path = report(*names, output=folder / "brief.html", aggregation=aggregation, command=command)
        side = compared(*names, aggregation=aggregation, decompose=True).result  # all from the store
    titles = tuple(read_scenario(name).title for name in names)
    return Brief(path, _folders(store, names), titles, side.packages)


def _folders(store: Path, names: Sequence[str]) -> dict[str, Path]:
    """Where the store keeps the result of each scenario."""
    found = {
        str(json.loads(manifest.read_text(encoding="utf-8"))["scenario"]["name"]): manifest.parent
        for manifest in store.glob("*/manifest.json")
    }
    return {name: found[name] for name in names}


@dataclass
class Views:
    """The windows in which one brief is open."""

    browser: Browser
    brief: Brief
    opened: dict[tuple[int, Theme], Opened] = field(default_factory=dict)

    def page(self, width: int = DESKTOP, theme: Theme = "light") -> Page:
        if (width, theme) not in self.opened:
            self.opened[width, theme] = open_page(self.browser, self.brief.path, width=width, theme=theme)
        return self.opened[width, theme].page

    def problems(self) -> list[str]:
        return [p for opened in self.opened.values() for p in opened.recorder.problems]

    def close(self) -> None:
        for opened in self.opened.values():
            opened.close()


@contextmanager
def views(browser: Browser, brief: Brief) -> Iterator[Views]:
    """Windows that are closed at the end."""
    found = Views(browser, brief)
    try:
        yield found
    finally:
        found.close()


@contextmanager
def unfolded(page: Page) -> Iterator[Page]:
    """The page with everything open that can be opened, and as it was afterwards."""
    page.evaluate(
        """() => { window.folded = [...document.querySelectorAll('details:not([open])')];
          window.folded.forEach((d) => { d.open = true; }); }"""
    )
    settle(page)
    yield page
    page.evaluate("() => window.folded.forEach((d) => { d.open = false; })")
    settle(page)


def at_every_width(
    check: Callable[[Page], list[str]], *, open_all: bool = True
) -> Callable[[Views], list[str]]:
    """A check on phone, tablet and desktop, folded and unfolded."""

    def run(v: Views) -> list[str]:
        out = []
        for width in WIDTHS:
            page = v.page(width)
            out += [f"{width} px: {problem}" for problem in check(page)]
            if open_all:
                with unfolded(page):
                    out += [f"{width} px, unfolded: {problem}" for problem in check(page)]
        return list(dict.fromkeys(out))

    return run


def _contrast(v: Views) -> list[str]:
    out = []
    for theme in ("light", "dark"):
        with unfolded(v.page(DESKTOP, theme)) as page:
            out += [f"{theme}: {problem}" for problem in checks.contrast(page)]
    return out


def _facts(v: Views) -> list[str]:
    return numbers.facts(v.page(), v.brief.tables())


def _marks(v: Views) -> list[str]:
    page = v.page()
    return [*numbers.drawn(page), *numbers.marks(page, v.brief.tables())]


def _dark_from_the_system(v: Views) -> list[str]:
    light, dark = (checks.colours(v.page(DESKTOP, theme)) for theme in ("light", "dark"))
    return checks.unchanged(light, dark)


def _in_print(v: Views) -> list[str]:
    opened = open_page(v.browser, v.brief.path, theme="dark")
    out = printed_pages(opened.page, [*v.brief.titles, *v.brief.folders, "Certificate"])
    opened.close()
    narrow = open_page(v.browser, v.brief.path, width=PHONE)
    out += [f"printed from a phone: {problem}" for problem in as_laid_out(narrow.page)]
    narrow.close()
    return [*out, *opened.recorder.problems]


def _wide(check: Callable[[Page], list[str]]) -> Callable[[Views], list[str]]:
    return lambda v: check(v.page())


CHECKS: Mapping[str, Callable[[Views], list[str]]] = {
    "every figure draws": at_every_width(checks.figures_drawn, open_all=False),
    "every number of the text is in its table": _facts,
    "every number in a cell names its row": _wide(numbers.cells_without_source),
    "every mark of a figure is in its table": _marks,
    "no other numbers in prose": _wide(checks.digits_in_prose),
    "no empty section": _wide(checks.empty_sections),
    "structure for those who do not see it": _wide(checks.structure),
    "nothing overflows": at_every_width(checks.overflow),
    "no word is torn": at_every_width(checks.broken_words, open_all=False),
    "nothing overlaps": at_every_width(checks.overlaps),
    "texts of figures lie apart": at_every_width(checks.figure_text, open_all=False),
    "contrast in light and dark": _contrast,
    "dark where the system is dark": _dark_from_the_system,
    "the button turns light and dark": _wide(checks.theme_button),
    "hovering says the number": _wide(checks.hover),
    "what is folded unfolds": _wide(checks.details_open),
    "the keyboard reaches everything": _wide(checks.keyboard),
    "a thumb hits what it aims at": lambda v: checks.touch_targets(v.page(PHONE)),
    "nothing moves": _wide(checks.motion),
    "one file": lambda v: [*checks.outside(v.page()), *checks.file_size(v.brief.path)],
    "twelve sound pages of paper": _in_print,
    "no complaint of the browser, no request": Views.problems,
}
"""Last: what the browser said through all of the others."""
