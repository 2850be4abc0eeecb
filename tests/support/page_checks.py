"""Checks of a page in the browser: each gives sentences that say what is wrong and where, or none.

What needs the page's own geometry is in page_checks.js.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from browser import settle
from playwright.sync_api import Locator, Page

SCRIPT = Path(__file__).with_name("page_checks.js").read_text(encoding="utf-8")
LARGEST = 8_000_000
"""Bytes of a page that can be sent by mail."""
LEAST, LEAST_ON_PAPER = 8.9, 7.9
"""Pixels of the smallest text of a figure; six points on paper."""
SHOWN = 12
"""Problems of one check that a message lists."""


def evaluate(page: Page, script: str) -> Any:
    """What a function of the page's own language says; it may use those of page_checks.js."""
    if not page.evaluate("() => window.checks !== undefined"):
        page.evaluate(SCRIPT)
    return page.evaluate(script)


def ask(page: Page, check: str) -> Any:
    """The answer of a function of page_checks.js."""
    return evaluate(page, f"() => checks.{check}()")


def overflow(page: Page) -> list[str]:
    """Nothing is wider than the window, no text wider than its box."""
    return ask(page, "overflow")


def broken_words(page: Page) -> list[str]:
    """No word of a heading or a cell is torn apart."""
    return ask(page, "brokenWords")


def overlaps(page: Page) -> list[str]:
    """No block lies over its sibling, no line of text over another."""
    return ask(page, "overlaps")


def figure_text(page: Page, least: float = LEAST) -> list[str]:
    """No text of a figure is cut, smaller than ``least`` pixels, over another or over what is drawn."""
    return evaluate(page, f"() => checks.figureText({least})")


def figures_drawn(page: Page) -> list[str]:
    """Every figure has its marks."""
    return ask(page, "figuresDrawn")


def contrast(page: Page) -> list[str]:
    """Every text stands out from what is behind it, 4.5 to 1."""
    return ask(page, "contrast")


def empty_sections(page: Page) -> list[str]:
    """No heading without content, no empty block."""
    return ask(page, "emptySections")


def digits_in_prose(page: Page) -> list[str]:
    """No number that nobody can trace."""
    return ask(page, "digitsInProse")


def structure(page: Page) -> list[str]:
    """Language, title, order of headings, names of controls, headers of tables, words for each figure."""
    return ask(page, "structure")


def touch_targets(page: Page) -> list[str]:
    """Whatever is to be touched is at least 24 px wide and high."""
    return ask(page, "touchTargets")


def outside(page: Page) -> list[str]:
    """The page refers to no other file."""
    return ask(page, "outside")


def motion(page: Page) -> list[str]:
    """Nothing moves for readers who asked for that."""
    return ask(page, "motion")


def file_size(path: Path) -> list[str]:
    """The page can be sent by mail."""
    size = path.stat().st_size
    return [f"{size / 1e6:.1f} MB, more than {LARGEST / 1e6:.0f}"] if size > LARGEST else []


def keyboard(page: Page) -> list[str]:
    """Tab reaches every control and shows where it is; the first stop skips to the content."""
    names: list[str] = evaluate(page, _NUMBERED)
    reached: set[int] = set()
    out: list[str] = []
    for step in range(len(names) + 30):
        page.keyboard.press("Tab")
        stop = evaluate(page, _STOP)
        if stop is None or stop["number"] in reached:
            break
        if stop["number"] is not None:
            reached.add(stop["number"])
        if not stop["marked"]:
            out.append(f"{stop['words']}: nothing shows that it has the focus")
        if step == 0:
            out += _skip_link(stop)
    return out + [f"{name}: not reached with the Tab key" for k, name in enumerate(names) if k not in reached]


_NUMBERED = """() => {
  const start = document.createElement('span');  // where the Tab key sets out from
  start.tabIndex = -1;
  document.body.prepend(start);
  start.focus();
  start.remove();
  return checks.controls().map((el, k) => { el.testStop = k; return checks.words(el); });
}"""

_STOP = """() => {
  const el = document.activeElement;
  if (!el || el === document.body || el === document.documentElement) return null;
  const style = getComputedStyle(el), box = el.getBoundingClientRect();
  const outlined = style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) > 0;
  return {
    number: el.testStop ?? null,
    words: checks.words(el),
    marked: outlined || style.boxShadow !== 'none',
    href: el.getAttribute('href') || '',
    shown: box.width > 1 && box.height > 1 && box.bottom > 0 && box.right > 0 && checks.visible(el),
  };
}"""


def _skip_link(stop: dict[str, Any]) -> list[str]:
    if not str(stop["href"]).startswith("#"):
        return [f"the first stop of the Tab key is {stop['words']}, not a link to the content"]
    return [] if stop["shown"] else [f"{stop['words']}: not seen when it has the focus"]


def hover(page: Page, numbers: dict[str, set[str]] | None = None) -> list[str]:
    """Under the mouse every figure says a number of its table (``figure_numbers``)."""
    known = figure_numbers(page) if numbers is None else numbers
    out = []
    for plot in page.locator(".js-plotly-plot").all():
        if not plot.is_visible():
            continue
        name = plot.evaluate("(p) => checks.figureName(p)")
        label = hover_label(page, plot)
        if label is None:
            out.append(f"{name}: nothing is said under the mouse")
            continue
        if re.search(r"trace \d|undefined|NaN|%\{", label):
            out.append(f"{name}: a placeholder under the mouse: {label!r}")
        said = numerals(label)
        if not said:
            out.append(f"{name}: no number under the mouse: {label!r}")
        elif name in known:
            out += [f"{name}: {n} under the mouse is not in its table ({label!r})"
                    for n in said if not among(n, known[name])]  # fmt: skip
    page.mouse.move(0, 0)
    return out


def hover_label(page: Page, plot: Locator) -> str | None:
    """What a figure says under the mouse, tried at its marks from the largest to the smallest."""
    plot.scroll_into_view_if_needed()
    spots = plot.evaluate(_SPOTS)
    for x, y in spots:
        page.mouse.move(x + 3, y + 3)
        page.mouse.move(x, y)
        page.wait_for_timeout(60)
        found = plot.locator(".hoverlayer .hovertext")
        if found.count():
            return " ".join(found.locator("text, tspan.line").evaluate_all(_OWN_WORDS)).strip()
    return None


_OWN_WORDS = """(all) => all.filter((e) => e.tagName !== 'text' || !e.querySelector('tspan.line'))
  .map((e) => e.textContent)"""

_SPOTS = """(plot) => {
  const out = [];
  for (const mark of plot.querySelectorAll(checks.MARKS)) {
    const b = mark.getBoundingClientRect(), x = b.left + b.width / 2, y = b.top + b.height / 2;
    if (b.width + b.height < 1 || x < 1 || y < 1 || x > innerWidth - 1 || y > innerHeight - 1) continue;
    out.push([Math.min(b.width, b.height) * 1000 + Math.max(b.width, b.height), x, y]);
  }
  return out.sort((a, b) => b[0] - a[0]).slice(0, 12).map((s) => [s[1], s[2]]);
}"""

_NUMERAL = re.compile(r"(?<![\w.])[+\-−]?\d[\d,]*(?:\.\d+)?(?![\w])")


def numerals(text: str) -> list[str]:
    """Numbers of a text as they are printed, without thousands separators, the minus sign as a hyphen."""
    return [n.replace(",", "").replace("−", "-") for n in _NUMERAL.findall(text)]


def figure_numbers(page: Page) -> dict[str, set[str]]:
    """The numbers of each figure's table by the figure's name."""
    texts: dict[str, str] = evaluate(page, _TABLES)
    return {name: set(numerals(text)) for name, text in texts.items()}


_TABLES = """() => Object.fromEntries([...document.querySelectorAll('.js-plotly-plot')].map((plot) => {
  const holder = plot.closest('figure, section') || document.body;
  const cells = [...holder.querySelectorAll('table td, table th')].map((cell) => cell.textContent);
  return [checks.figureName(plot), cells.join(' | ')];
}))"""


def among(said: str, known: Iterable[str]) -> bool:
    """Whether a printed number is one of others, to the digits that both have; signs may be told in words."""
    plain = [n for k in known for n in numerals(k)]
    return any(abs(abs(float(said)) - abs(float(k))) <= 0.5001 * 10.0 ** -min(_digits(said), _digits(k))
               for k in plain)  # fmt: skip


def _digits(number: str) -> int:
    return len(number.partition(".")[2])


def details_open(page: Page) -> list[str]:
    """Every folded part opens and then shows something."""
    out = []
    for part in page.locator("details").all():
        if not part.is_visible() or part.get_attribute("open") is not None:
            continue
        before = (part.bounding_box() or {"height": 0})["height"]
        part.locator("summary").first.click()
        settle(page)
        after = (part.bounding_box() or {"height": 0})["height"]
        if after < before + 10:
            out.append(f"{part.locator('summary').first.inner_text()!r}: nothing unfolds")
    return out


def theme_button(page: Page) -> list[str]:
    """The button for light and dark changes the ground, and the text of every figure with it; and back."""
    button = page.get_by_role("button", name=re.compile("dark|light|theme|colou?rs", re.I))
    if not button.count():
        return ["there is no button for light and dark"]
    first = colours(page)
    button.first.click()
    settle(page)
    second = colours(page)
    button.first.click()
    settle(page)
    back = [] if colours(page) == first else ["pressed twice, the button does not lead back"]
    return unchanged(first, second) + back


def colours(page: Page) -> dict[str, Any]:
    """Colour of the page's ground, and of the text of every figure."""
    return evaluate(page, _COLOURS)


def unchanged(first: dict[str, Any], second: dict[str, Any]) -> list[str]:
    """What has the same colour in light and in dark."""
    out = [] if first["ground"] != second["ground"] else ["the background stays as it is"]
    figures = first["figures"]
    return out + [
        f"{n}: its text keeps the colour {c}" for n, c in figures.items() if second["figures"].get(n) == c
    ]


_COLOURS = """() => ({
  ground: checks.ground(document.body).join(),
  figures: Object.fromEntries(checks.drawings().filter((p) => checks.textsOf(p).length)
    .map((p) => [checks.figureName(p), getComputedStyle(checks.textsOf(p)[0]).fill])) })"""


def listed(problems: list[str]) -> str:
    """The message of a failed check."""
    more = [f"... and {len(problems) - SHOWN} more"] if len(problems) > SHOWN else []
    return "\n".join(["", *problems[:SHOWN], *more])
