"""The brief: results as one self-contained HTML page that a reader can check number by number.

``write`` draws it. ``facts`` is the one place where a number of the page is made from a row of a table;
``words_*`` are sentences as functions of facts, ``key_table`` and ``extra_tables`` set packages side by
side, ``drawings`` prepares the figures of `results.figures`, ``appendix`` holds what stands behind
the numbers, ``page`` puts it together over the templates, ``files`` writes whole or not at all.
"""

from results.report.files import refuse_occupied
from results.report.page import html, write

__all__ = ["html", "refuse_occupied", "write"]
