"""Sheets as an Excel file: styles, widths, filters, frozen panes, print set-up; text never becomes a formula.

Numbers keep all their digits and only their display is rounded. The same sheets give the same bytes: the
times in the file are fixed.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from results.errors import ResultsError

TEXT = "@"
BLUE, ORANGE, GREY, PALE = "1F6FB2", "B45F00", "D9D9D9", "EEF3F8"
"""Gain, loss, lines and heads: `results.screen`'s blue and orange, darker for white paper."""

WIDEST, NARROWEST = 60, 7
A4 = 9
"""Excel's number of the paper."""

LONGEST = 32_000
"""Characters of a cell; Excel takes 32,767."""

LONGEST_TITLE = 31
"""Characters of a sheet's name in Excel."""

HOSTILE = ("=", "+", "-", "@", "\t", "\r")
"""First characters that a spreadsheet may read as a formula when a cell is edited or exported."""

_ILLEGAL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f]")
_FIXED = (1980, 1, 1, 0, 0, 0)
_STAMP = "2000-01-01T00:00:00Z"

Value = str | float | int | None


@dataclass(frozen=True)
class Header:
    """One column: the ``group`` above it, its ``name``, the number ``format`` (TEXT for words), ``signed``:
    coloured by sign.
    """

    group: str
    name: str
    format: str = TEXT
    signed: bool = False


@dataclass(frozen=True)
class Sheet:
    """A table with what must be said above it. ``keys``: how many columns stay in view; ``wrap``: long texts
    are folded (for notes); ``tab``: the sheet's name where the title is too long for one.
    """

    title: str
    about: tuple[str, ...]
    headers: tuple[Header, ...]
    rows: Sequence[Sequence[Value]]
    keys: int = 1
    wrap: bool = False
    tab: str = ""


def save(sheets: Sequence[Sheet], path: Path, *, title: str) -> None:
    """Write the sheets in order to ``path``. Raises ResultsError when openpyxl is not installed."""
    try:
        from openpyxl import Workbook
    except ImportError as error:
        raise ResultsError("a workbook needs openpyxl: pip install openpyxl") from error

    book = Workbook(write_only=True)
    book.properties.title, book.properties.creator = legal(title)[:250], "cge"
    for name, sheet in zip(titles([s.tab or s.title for s in sheets]), sheets, strict=True):
        _fill(book.create_sheet(name), sheet)
    buffer = io.BytesIO()
    book.save(buffer)
    path.write_bytes(fixed(buffer.getvalue()))


def titles(wanted: Sequence[str]) -> list[str]:
    """Names of sheets that Excel takes: at most 31 characters, none of ``[]:*?/\\``, each once."""
    out: list[str] = []
    for name in wanted:
        plain = re.sub(r"[\[\]:*?/\\]", " ", legal(name)).strip().strip("'")[:LONGEST_TITLE] or "sheet"
        tried, n = plain, 2
        while tried.lower() in {x.lower() for x in out}:
            tried, n = f"{plain[: 28 - len(str(n))]} ({n})", n + 1
        out.append(tried)
    return out


def legal(text: str) -> str:
    """The text without control characters, cut where no cell could hold it."""
    clean = _ILLEGAL.sub("\N{REPLACEMENT CHARACTER}", text)
    return clean if len(clean) <= LONGEST else f"{clean[:LONGEST]} ... (cut)"


def fixed(content: bytes) -> bytes:
    """An Excel file with its times replaced by fixed ones, so that equal content is equal bytes."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for item in sorted(old.infolist(), key=lambda i: i.filename):
            data = old.read(item)
            if item.filename == "docProps/core.xml":
                data = re.sub(rb"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", _STAMP.encode(), data)
            info = zipfile.ZipInfo(item.filename, _FIXED)
            info.compress_type, info.external_attr = zipfile.ZIP_DEFLATED, 0o600 << 16
            new.writestr(info, data)
    return out.getvalue()


def _fill(ws: Any, sheet: Sheet) -> None:
    from openpyxl.utils import get_column_letter

    top = len(sheet.about) + 2
    grouped = any(h.group for h in sheet.headers)
    header = top + 1 + grouped
    last, count = get_column_letter(len(sheet.headers)), header + len(sheet.rows)
    ws.freeze_panes = f"{get_column_letter(sheet.keys + 1)}{header + 1}"
    for k, width in enumerate(_widths(sheet), 1):
        ws.column_dimensions[get_column_letter(k)].width = width
    ws.auto_filter.ref = f"A{header}:{last}{max(count, header + 1)}"
    _print_setup(ws, sheet, header)
    _colours(ws, sheet, header + 1, count)
    style = _Styles(ws)
    ws.append([style.title(sheet.title)])
    for line in sheet.about:
        ws.append([style.note(line)])
    ws.append([])
    if grouped:
        firsts = [not k or h.group != sheet.headers[k - 1].group for k, h in enumerate(sheet.headers)]
        ws.append(
            [style.group(h.group if first else "") for h, first in zip(sheet.headers, firsts, strict=True)]
        )
    ws.append([style.head(h.name, left=h.format == TEXT) for h in sheet.headers])
    columns = [style.column(h, wrap=sheet.wrap) for h in sheet.headers]
    for row in sheet.rows:
        ws.append([column.cell(value) for column, value in zip(columns, row, strict=True)])


@dataclass(frozen=True)
class _Body:
    """The cells that all rows of a column go through: each is written before the next row takes it."""

    number: Any
    words: Any
    quoted: Any

    def cell(self, value: Value) -> Any:
        if isinstance(value, float):  # openpyxl itself would round to 16 digits
            self.number.value = repr(value)
            self.number.data_type = "n"
            return self.number
        if not isinstance(value, str):
            self.number.value = value
            return self.number
        cell = self.quoted if value.startswith(HOSTILE) else self.words
        cell.value = legal(value)
        cell.data_type = "s"  # or a text that starts with "=" would be a formula
        return cell


class _Styles:
    """Cells of one sheet with their looks."""

    def __init__(self, ws: Any) -> None:
        from openpyxl.cell import WriteOnlyCell
        from openpyxl.styles import Alignment, Border, Font, PatternFill, Side

        self._new = lambda: WriteOnlyCell(ws)
        self._bold, self._big, self._dim = Font(bold=True), Font(bold=True, size=14), Font(color="595959")
        self._fill = PatternFill("solid", fgColor=PALE)
        self._line = Border(bottom=Side(style="thin", color=GREY))
        self._wrapped = Alignment(wrap_text=True, vertical="top")
        self._left = Alignment(wrap_text=True, vertical="bottom", horizontal="left")
        self._right = Alignment(wrap_text=True, vertical="bottom", horizontal="right")

    def _text(self, text: str) -> Any:
        cell = self._new()
        cell.value, cell.data_type = legal(text), "s"
        cell.quotePrefix = text.startswith(HOSTILE)
        return cell

    def title(self, text: str) -> Any:
        """The sheet's first line."""
        cell = self._text(text)
        cell.font = self._big
        return cell

    def note(self, text: str) -> Any:
        """A line above the table."""
        cell = self._text(text)
        cell.font = self._dim
        return cell

    def head(self, text: str, *, left: bool = True) -> Any:
        """A column's name."""
        cell = self._text(text)
        cell.font, cell.fill, cell.border = self._bold, self._fill, self._line
        cell.alignment = self._left if left else self._right
        return cell

    def group(self, text: str) -> Any:
        """What stands above several columns, in the first of them; the others are empty, so that it shows."""
        cell = self._text(text) if text else self._new()
        cell.font, cell.fill = self._bold, self._fill
        return cell

    def column(self, header: Header, *, wrap: bool) -> _Body:
        """Cells of a column: numbers in its format, words to the left in a column of words."""
        number, words, quoted = self._new(), self._text(""), self._text("=")
        number.number_format = header.format
        for cell in (words, quoted):
            cell.number_format = TEXT
            if wrap:
                cell.alignment = self._wrapped
            elif header.format != TEXT:
                cell.alignment = self._right
        return _Body(number, words, quoted)


def _widths(sheet: Sheet) -> list[float]:
    """By the longest word of a header and the longest of the first rows; texts that are wrapped get room."""
    out = []
    for k, h in enumerate(sheet.headers):
        if h.format == TEXT:
            longest = max((len(str(row[k])) for row in sheet.rows[:2000] if row[k] is not None), default=0)
            out.append(float(min(WIDEST if not sheet.wrap else 90, max(NARROWEST, longest, len(h.name)) + 2)))
        else:
            words = max(len(w) for w in (h.name or " ").split(" "))
            out.append(float(max(13, words + 2)))
    return out


def _print_setup(ws: Any, sheet: Sheet, header: int) -> None:
    """Landscape on A4, one page wide, heads repeated, the title above and the page below."""
    from openpyxl.worksheet.properties import PageSetupProperties

    ws.page_setup.orientation, ws.page_setup.fitToWidth, ws.page_setup.fitToHeight = "landscape", 1, 0
    ws.page_setup.paperSize = A4
    ws.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)
    ws.print_title_rows = f"{max(1, header - 1)}:{header}"
    ws.HeaderFooter.oddHeader.left.text = legal(sheet.title).replace("&", "&&")[:120]
    ws.HeaderFooter.oddFooter.right.text = "&P / &N"


def _colours(ws: Any, sheet: Sheet, first: int, last: int) -> None:
    """Blue above zero, orange below, in columns of changes; the sign is in the number as well."""
    from openpyxl.formatting.rule import CellIsRule
    from openpyxl.styles import Font
    from openpyxl.utils import get_column_letter

    signed = [get_column_letter(k) for k, h in enumerate(sheet.headers, 1) if h.signed]
    if not signed or last < first:
        return
    place = " ".join(f"{c}{first}:{c}{last}" for c in signed)
    for operator, colour in (("greaterThan", BLUE), ("lessThan", ORANGE)):
        rule = CellIsRule(operator=operator, formula=["0"], font=Font(color=colour))
        ws.conditional_formatting.add(place, rule)
