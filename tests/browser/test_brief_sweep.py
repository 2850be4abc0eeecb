"""The brief of a sweep, with bands, tornado and fans, in a real browser."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pandas as pd
import pytest
from briefs import CHECKS, Brief, Views, views
from page_checks import listed
from playwright.sync_api import Browser

import cge

pytestmark = pytest.mark.slow

NAME = "us-joins-cptpp"
DRAWN = ("bands", "tornado", "tornado-gdp", "fan", "fan-along")


@pytest.fixture(scope="module")
def seen(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Views]:
    folder = tmp_path_factory.mktemp("brief")
    found = cge.sweep(
        NAME, aggregation="small", design="lhs", points=8, seed=1, workers=1, store="off",
        vary={"trade": "uniform(70%, 130%)", "shocks[0].tariff.to": [0.0, 0.02]},
    )  # fmt: skip
    out = cge.write(found, folder / NAME)
    page = cge.report(out, output=folder / "brief.html")
    brief = Brief(page, {NAME: out}, ("The United States joins CPTPP (tariffs only)",), pd.DataFrame())
    with views(browser, brief) as open_:
        yield open_


@pytest.mark.parametrize("check", CHECKS)
def test_the_brief(seen: Views, check: str):
    problems = CHECKS[check](seen)
    assert not problems, listed(problems)


def test_every_figure_of_a_sweep_is_there_and_the_share_of_failures_is_said(seen: Views):
    page = seen.page()
    for name in DRAWN:
        assert page.locator(f"#{name}").count() == 1, name
    said = page.locator("#summary").inner_text()
    assert ") (range" not in page.locator("body").inner_text().replace("\u00a0", " "), "one bracket"
    assert re.search(r"All \d+ points of the sensitivity analysis were solved", said)
    assert "All points were solved." in page.locator("#fan .note").inner_text()
