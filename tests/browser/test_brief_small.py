"""A brief of two packages on a small aggregation, with gains and losses, in a real browser."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from briefs import CHECKS, Views, build, views
from browser import settle
from page_checks import listed
from playwright.sync_api import Browser

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def seen(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Views]:
    names = ("us-joins-cptpp", "us-china-tariff-war")
    brief = build(tmp_path_factory.mktemp("brief"), names, aggregation="small")
    with views(browser, brief) as found:
        yield found


@pytest.mark.parametrize("check", CHECKS)
def test_the_brief(seen: Views, check: str):
    problems = CHECKS[check](seen)
    assert not problems, listed(problems)


def test_the_theme_is_kept(seen: Views):
    page = seen.page()
    page.locator("#theme").click()
    chosen = page.evaluate("() => document.documentElement.dataset.theme")
    assert chosen == "dark"
    page.reload()
    settle(page)
    assert page.evaluate("() => document.documentElement.dataset.theme") == chosen
    page.evaluate("() => window.localStorage.clear()")
    page.reload()
    settle(page)


def test_without_scripts_the_numbers_are_open_and_no_button_is_idle(seen: Views):
    context = seen.browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(seen.brief.path.as_uri())
    assert page.locator("#theme").is_hidden()
    assert page.locator("table[data-drawing='gdp-welfare-bars'] td").first.is_visible()
    context.close()


def test_a_dark_map_is_dark_in_the_middle(seen: Views):
    """What hardly changes does not shine on a dark page."""
    found = {}
    for theme in ("light", "dark"):
        page = seen.page(theme=theme)
        found[theme] = page.evaluate(
            """() => document.querySelector('#welfare-map-plot').data
                 .find((t) => t.marker && t.marker.showscale).marker.colorscale[2][1]"""
        )
    assert found["light"] != found["dark"]
