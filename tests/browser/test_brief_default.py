"""The brief that must convince: three packages on the default aggregation, in a real browser."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from briefs import CHECKS, Views, build, views
from page_checks import listed
from playwright.sync_api import Browser

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def seen(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Views]:
    names = ("us-joins-cptpp", "ipef-market-access", "middle-way")
    brief = build(tmp_path_factory.mktemp("brief"), names, aggregation=None)
    with views(browser, brief) as found:
        yield found


@pytest.mark.parametrize("check", CHECKS)
def test_the_brief(seen: Views, check: str):
    problems = CHECKS[check](seen)
    assert not problems, listed(problems)
