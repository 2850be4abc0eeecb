"""A headless Chromium for tests of pages, and a recorder of all that a page says and asks for."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Request, sync_playwright

FLAGS = (
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
)  # fmt: skip
LOCAL = ("file://", "data:", "blob:", "about:")
DESKTOP, TABLET, PHONE = 1280, 768, 390
HEIGHT = {DESKTOP: 900, TABLET: 1024, PHONE: 844}
LOUD = ("error", "warning", "assert")
Theme = Literal["light", "dark"]


def executable() -> str | None:
    """The browser that CGE_CHROMIUM names or that is on the path; None if there is none."""
    return os.environ.get("CGE_CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")


@contextmanager
def chromium(path: str) -> Iterator[Browser]:
    """A browser that is closed at the end."""
    with sync_playwright() as p:
        browser = p.chromium.launch(executable_path=path, args=list(FLAGS))
        try:
            yield browser
        finally:
            browser.close()


@dataclass
class Recorder:
    """What went wrong while a page was open: loud console messages, exceptions, requests to the network."""

    console: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)

    def message(self, message: ConsoleMessage) -> None:
        if message.type in LOUD:
            self.console.append(f"console {message.type}: {message.text}")

    def request(self, request: Request) -> None:
        if not request.url.startswith(LOCAL):
            self.requests.append(f"request: {request.url}")

    def watch(self, context: BrowserContext) -> None:
        context.on("console", self.message)
        context.on("weberror", lambda e: self.errors.append(f"exception: {e.error}"))
        context.on("request", self.request)

    @property
    def problems(self) -> list[str]:
        return [*self.console, *self.errors, *self.requests]


@dataclass(frozen=True)
class Opened:
    """A page in a window of its own, cut off from the network."""

    page: Page
    recorder: Recorder

    def close(self) -> None:
        self.page.context.close()


def open_page(
    browser: Browser, path: Path, *, width: int = DESKTOP, theme: Theme = "light", still: bool = True
) -> Opened:
    """Open a file in a new window without a network and wait until all is drawn."""
    context = browser.new_context(
        viewport={"width": width, "height": HEIGHT.get(width, 900)},
        color_scheme=theme,
        reduced_motion="reduce" if still else "no-preference",
        has_touch=width == PHONE,
    )
    context.set_offline(True)
    recorder = Recorder()
    recorder.watch(context)
    page = context.new_page()
    page.goto(path.resolve().as_uri())
    settle(page)
    return Opened(page, recorder)


def settle(page: Page) -> None:
    """Wait until fonts are there, figures are drawn and two frames went by without a change of size."""
    page.wait_for_load_state("load")
    page.evaluate("document.fonts.ready.then(() => true)")
    page.wait_for_function(
        """() => [...document.querySelectorAll('.js-plotly-plot, [data-figure]')]
          .every((plot) => plot.querySelector('svg') || plot.innerText.trim())"""
    )
    page.evaluate(
        """async () => {
          const frame = () => new Promise((done) => requestAnimationFrame(() => done()));
          const sizes = () => document.documentElement.scrollHeight + ':' + [...document.querySelectorAll(
            '.js-plotly-plot svg.main-svg')].map((s) => s.getBoundingClientRect().width).join();
          let before = '', same = 0;
          for (let k = 0; k < 120 && same < 4; k++) {
            await frame();
            same = sizes() === before ? same + 1 : 0;
            before = sizes();
            if (k < 8) await new Promise((done) => setTimeout(done, 20));
          }
        }"""
    )


def resize(page: Page, width: int) -> None:
    """Another width of the window, as when a reader turns the phone."""
    page.set_viewport_size({"width": width, "height": HEIGHT.get(width, 900)})
    page.wait_for_timeout(150)  # Plotly's own delay before it draws again
    settle(page)
