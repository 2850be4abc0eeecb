"""A browser for each file of tests, or none with the reason; closed before the next file."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from browser import chromium, executable
from playwright.sync_api import Browser


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Closed with the file, because Playwright's event loop must not outlive it."""
    path = executable()
    if path is None:
        pytest.skip("no Chromium: install one (Debian: apt-get install chromium) or name it in CGE_CHROMIUM")
    with chromium(path) as running:
        yield running
