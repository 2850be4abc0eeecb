"""Every check of a page fails on a page that has its defect, and passes on one that has none."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import page_checks as checks
import page_numbers as numbers
import pytest
from browser import DESKTOP, PHONE, Opened, open_page, resize, settle
from page_print import printed_pages
from playwright.sync_api import Browser, Page
from sample_page import live_page, sample_page, sample_results

Check = Callable[[Page], list[str]]
SCRIPT = (Path(checks.__file__).parent / "page_defects.js").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def tables(tmp_path_factory: pytest.TempPathFactory) -> numbers.Tables:
    return numbers.read_results({"one": sample_results(tmp_path_factory.mktemp("sample") / "one")})


@pytest.fixture(scope="module")
def sample(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Opened]:
    """The page without a drawing library: opened once, loaded anew for each defect."""
    path = tmp_path_factory.mktemp("page") / "sample.html"
    path.write_text(sample_page(), encoding="utf-8")
    opened = open_page(browser, path)
    yield opened
    opened.close()


@pytest.fixture
def page(sample: Opened) -> Page:
    sample.recorder.console.clear()
    sample.recorder.errors.clear()
    sample.recorder.requests.clear()
    sample.page.set_viewport_size({"width": DESKTOP, "height": 900})
    sample.page.reload()
    return sample.page


def at_phone(check: Check) -> Check:
    """A check in a narrow window."""

    def narrow(page: Page) -> list[str]:
        resize(page, PHONE)
        return check(page)

    return narrow


def in_print(word: str) -> Check:
    """A word that must be on paper."""
    return lambda page: printed_pages(page, [word])


SOUND: tuple[Check, ...] = (
    checks.overflow, at_phone(checks.overflow), checks.overlaps, checks.figure_text, checks.figures_drawn,
    checks.broken_words, checks.contrast, checks.empty_sections, checks.digits_in_prose, checks.structure,
    checks.keyboard, checks.outside, checks.motion, checks.touch_targets, checks.theme_button,
    checks.details_open, numbers.cells_without_source, printed_pages,
)  # fmt: skip


def test_a_sound_page_passes_every_check(page: Page, sample: Opened, tables: numbers.Tables):
    for check in SOUND:
        page.reload()
        assert not check(page), check
    assert not numbers.facts(page, tables)
    assert not sample.recorder.problems


DEFECTS: dict[str, tuple[Check, str]] = {
    "a wide table without a box to scroll in": (checks.overflow, "lies from"),
    "a block outside the window": (checks.overflow, "lies from -2"),
    "a long word in a narrow window": (at_phone(checks.overflow), "px"),
    "a word torn apart": (checks.broken_words, '"sample" is broken'),
    "a section over the next": (checks.overlaps, "proof"),
    "a sentence over another": (checks.overlaps, "over text"),
    "two labels of an axis at one place": (checks.figure_text, '"C26" overlaps "C29"'),
    "turned labels that meet": (checks.figure_text, "overlaps"),
    "a title over the bars": (checks.figure_text, "over what is drawn"),
    "a label cut by the edge": (checks.figure_text, "cut off"),
    "a label too small to read": (checks.figure_text, "5.0 px"),
    "a figure without marks": (checks.figures_drawn, "no mark"),
    "a figure that did not draw": (checks.figures_drawn, "no drawing"),
    "a figure without size": (checks.figures_drawn, "0 x 0"),
    "a figure with NaN": (checks.figures_drawn, "NaN"),
    "pale text": (checks.contrast, "contrast 2.8"),
    "a label lost on its bar": (checks.contrast, '"lost"'),
    "text of a figure that stays black in the dark": (checks.contrast, '"C26"'),
    "a heading with nothing under it": (checks.empty_sections, "Certificate"),
    "an empty cell": (checks.empty_sections, "empty"),
    "a number in prose": (checks.digits_in_prose, "Up by 3"),
    "a cell that names no row": (numbers.cells_without_source, "+9.9"),
    "a level left out of the headings": (checks.structure, "level 4 after level 2"),
    "a figure without words": (checks.structure, "do not see it"),
    "a picture without words": (checks.structure, "no alt text"),
    "a button without a name": (checks.structure, "without a name"),
    "a link to nowhere": (checks.structure, "leads nowhere"),
    "an id twice": (checks.structure, "work is given twice"),
    "a table without headers": (checks.structure, "without header"),
    "no link to the content": (checks.keyboard, "not a link to the content"),
    "a focus that nobody sees": (checks.keyboard, "the focus"),
    "a control that Tab passes by": (checks.keyboard, "not reached"),
    "a button too small for a thumb": (checks.touch_targets, "x 12 px"),
    "a file from elsewhere": (checks.outside, "example.org"),
    "a page that moves": (checks.motion, "animated"),
    "a button that does nothing": (checks.theme_button, "the background stays"),
    "a figure that forgets the theme": (checks.theme_button, "keeps the colour"),
    "nothing to unfold": (checks.details_open, "nothing unfolds"),
    "a figure cut by the end of a page": (printed_pages, "begins on page"),
    "a figure wider than paper": (printed_pages, "figure 1"),
    "too many pages": (printed_pages, "pages, more than"),
    "a blank page": (printed_pages, "is blank"),
    "a heading left alone in print": (printed_pages, "in print"),
    "labels that meet on paper alone": (printed_pages, 'in print: jobs: "C26" overlaps "C13"'),
    "a word lost in print": (in_print("Certificate"), "Certificate"),
}  # fmt: skip


@pytest.mark.parametrize("defect", DEFECTS)
def test_a_page_with_a_defect_fails_its_check(page: Page, defect: str):
    check, words = DEFECTS[defect]
    page.evaluate(SCRIPT)
    page.evaluate("(defect) => defects[defect]()", defect)
    found = check(page)
    assert any(words in problem for problem in found), found


WRONG = {
    "a wrong digit": ("d.textContent = '+0.07'", "the table gives +0.06"),
    "another sign": ("d.textContent = '-0.06'", "the table gives +0.06"),
    "a wrong raw value": ("d.setAttribute('value', '0.0634128')", "the table has 0.0634127"),
    "a row that is not there": ("d.dataset.region = 'ATL'", "the table has nan"),
    "a table that is not there": ("d.dataset.table = 'lost'", "the table has nan"),
    "an unknown result": ("d.dataset.result = 'two'", "cannot be found"),
}


@pytest.mark.parametrize("defect", WRONG)
def test_a_number_that_is_not_in_its_row_is_found(page: Page, tables: numbers.Tables, defect: str):
    script, words = WRONG[defect]
    page.evaluate(f"() => {{ const d = document.querySelector('data'); {script} }}")
    found = numbers.facts(page, tables)
    assert len(found) == 1 and words in found[0], found


def test_what_a_page_says_and_asks_for_is_recorded(page: Page, sample: Opened):
    page.evaluate("() => { console.log('fine'); console.error('broken'); console.warn('beware') }")
    page.evaluate("() => { setTimeout(() => { throw new Error('thrown') }) }")
    page.evaluate("() => { fetch('https://example.org/x').catch(() => 0) }")
    page.wait_for_timeout(100)
    said = "\n".join(sample.recorder.problems)
    assert (
        all(w in said for w in ("broken", "beware", "thrown", "https://example.org/x")) and "fine" not in said
    )


def test_a_large_file_is_refused(tmp_path: Path):
    (tmp_path / "small").write_bytes(b"x" * 1000)
    (tmp_path / "large").write_bytes(b"x" * 8_000_001)
    assert not checks.file_size(tmp_path / "small") and checks.file_size(tmp_path / "large")


def test_hovering_reads_the_figure_and_compares_with_its_table(browser: Browser, tmp_path: Path):
    """With the drawing library itself: a sound figure passes, one with another number or no label fails."""
    path = tmp_path / "live.html"
    path.write_text(live_page(), encoding="utf-8")
    opened = open_page(browser, path)
    page = opened.page
    assert not checks.figures_drawn(page) and not checks.hover(page) and not checks.theme_button(page)
    assert not checks.figure_text(page) and not opened.recorder.problems
    page.evaluate("() => Plotly.restyle('jobs-plot', {x: [[4.5, -2]]})")
    settle(page)
    assert any("4.5" in p for p in checks.hover(page))
    page.evaluate("() => Plotly.restyle('jobs-plot', {hoverinfo: 'skip', hovertemplate: ''})")
    settle(page)
    assert checks.hover(page) == ["jobs: nothing is said under the mouse"]
    opened.close()
