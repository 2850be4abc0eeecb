"""The JPN rows of the table of product carve-outs, recomputed from Japan's schedule."""

from __future__ import annotations

import pytest

from calibration.product_shares import product_shares
from scenarios.product_table import packaged_products


def test_the_rows_of_japan_are_those_of_its_schedule(raw) -> None:
    found = product_shares(raw)
    table = packaged_products()
    shipped = {(p, i): row.share for (p, i, d), row in table.rows.items() if d == "JPN"}
    computed = {(x.product, x.industry): x.trimmed for x in found}
    assert shipped.keys() == computed.keys()
    for key, share in computed.items():
        assert shipped[key] == pytest.approx(share, abs=6e-4), key


def test_trimming_leaves_peaks_out(raw) -> None:
    """Rice and dairy are the peaks of Japan's food tariffs; beef and sugar lie below them."""
    found = {(x.product, x.industry): x for x in product_shares(raw)}
    for product in ("rice", "dairy"):
        assert found[product, "C10T12"].untrimmed > 1.5 * found[product, "C10T12"].trimmed
    for product in ("beef", "sugar"):
        assert found[product, "C10T12"].untrimmed < found[product, "C10T12"].trimmed
    for industry in ("A01", "C10T12"):
        assert sum(x.trimmed for (_, i), x in found.items() if i == industry) < 0.5
