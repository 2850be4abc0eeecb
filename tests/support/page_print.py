"""What comes out of the printer: pages, texts, and whether each figure lies whole on one of them."""

from __future__ import annotations

import io
import unicodedata
from collections.abc import Sequence

from browser import settle
from page_checks import LEAST_ON_PAPER, empty_sections, figure_text
from playwright.sync_api import Page
from pypdf import PageObject, PdfReader

MOST_PAGES = 12
LARGEST_PDF = 4e6
"""Bytes of what is sent by mail."""
LEAST_TEXT = 40
"""Characters of a page that is not blank."""
CORNERS = ("a", "b")


def pdf(page: Page, *, marks: bool = False) -> bytes:
    """The page as A4. ``marks``: tiny words in two corners of every figure, for a test to find."""
    page.emulate_media(media="print")
    settle(page)
    if marks:
        page.evaluate(_MARKS)
    content = page.pdf(format="A4", print_background=True, prefer_css_page_size=True)
    page.evaluate("() => document.querySelectorAll('.test-corner').forEach((e) => e.remove())")
    page.emulate_media(media="null")
    return content


_MARKS = """() => {
  const plots = [...document.querySelectorAll('.js-plotly-plot')].filter((p) => p.getClientRects().length);
  plots.forEach((plot, k) => {
    const holder = plot.parentElement;
    if (getComputedStyle(holder).position === 'static') holder.style.position = 'relative';
    for (const [name, place] of [['a', 'left:0;top:0'], ['b', 'right:0;bottom:0']]) {
      const mark = document.createElement('span');
      mark.className = 'test-corner';
      mark.textContent = `qx${name}${k}xq`;
      mark.style.cssText = `position:absolute;${place};font-size:2px;line-height:2px;color:#000`;
      holder.append(mark);
    }
  });
}"""


def printed_pages(page: Page, must_say: Sequence[str] = ()) -> list[str]:
    """At most twelve pages, none blank, all words on them, every figure whole and inside its page."""
    figures = page.locator(".js-plotly-plot:visible").count()
    content = pdf(page, marks=True)
    reader = PdfReader(io.BytesIO(content))
    sheets = [_read(sheet) for sheet in reader.pages]
    texts = [text for text, _ in sheets]
    out = [] if len(texts) <= MOST_PAGES else [f"{len(texts)} pages, more than {MOST_PAGES}"]
    out += [f"{len(content) / 1e6:.1f} MB of PDF"] if len(content) > LARGEST_PDF else []
    out += [f"page {k} is blank" for k, t in enumerate(texts, 1) if len("".join(t.split())) < LEAST_TEXT]
    whole = _letters("".join(texts))
    out += [f"{w!r} is not on the printed pages" for w in must_say if _letters(w) not in whole]
    out += as_laid_out(page)
    box = reader.pages[0].mediabox
    size = (float(box.width), float(box.height))
    return out + _figures([words for _, words in sheets], size, figures)


def as_laid_out(page: Page) -> list[str]:
    """What the style of print shows: no heading alone, no text of a figure cut or over another, no fill that
    a PDF holds as a picture.
    """
    page.emulate_media(media="print")
    page.evaluate("() => window.dispatchEvent(new Event('beforeprint'))")
    settle(page)
    found = [*empty_sections(page), *figure_text(page, LEAST_ON_PAPER)]
    found += [f"{name}: a pattern, on paper a picture" for name in page.evaluate(_PATTERNS)]
    page.evaluate("() => window.dispatchEvent(new Event('afterprint'))")
    page.emulate_media(media="null")
    settle(page)
    return [f"in print: {problem}" for problem in found]


_PATTERNS = """() => [...document.querySelectorAll('.js-plotly-plot')]
  .filter((p) => [...p.querySelectorAll('.main-svg path')]
    .some((s) => getComputedStyle(s).fill.startsWith('url')))
  .map((p) => checks.figureName(p))"""


def _letters(text: str) -> str:
    """A text without blanks and ligatures, in small letters."""
    return "".join(unicodedata.normalize("NFKC", text).split()).lower()


Words = list[tuple[str, float, float]]


def _figures(sheets: Sequence[Words], size: tuple[float, float], count: int) -> list[str]:
    """Figures that are cut by the end of a page or by its edge."""
    places = {word: (k, x, y) for k, words in enumerate(sheets, 1) for word, x, y in words}
    width, height = size
    out = []
    for k in range(count):
        corners = [places[word] for c in CORNERS if (word := f"qx{c}{k}xq") in places]
        if len(corners) < len(CORNERS):
            out.append(f"figure {k + 1}: not wholly on paper")
            continue
        (first, left, top), (last, right, bottom) = corners
        if first != last:
            out.append(f"figure {k + 1}: begins on page {first} and ends on page {last}")
        if min(left, bottom) < 0 or max(left, right) > width or top > height:
            out.append(f"figure {k + 1}: beyond the edge of page {first}")
    return out


def _read(sheet: PageObject) -> tuple[str, Words]:
    """Text of a page, and its marks with their places in points."""
    words: Words = []

    def visit(text: str, cm: list[float], tm: list[float], font: object, size: float) -> None:
        if "qx" in text:
            x, y = tm[4], tm[5]
            words.append((text.strip(), cm[0] * x + cm[2] * y + cm[4], cm[1] * x + cm[3] * y + cm[5]))

    return sheet.extract_text(visitor_text=visit), words
