"""Pictures of a page for people to look at: ``python tests/support/screenshots.py BRIEF.html OUT``.

Three widths, light and dark, the whole page in pieces as high as a window (on the desktop also unfolded);
then the printed pages (as PNG where Poppler's pdftoppm is installed).
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from itertools import product
from pathlib import Path

from browser import DESKTOP, HEIGHT, PHONE, TABLET, Theme, chromium, executable, open_page, settle
from page_print import pdf
from playwright.sync_api import Browser, Page

WIDTHS = {"desktop": DESKTOP, "tablet": TABLET, "phone": PHONE}
THEMES: tuple[Theme, ...] = ("light", "dark")


def main(brief: Path, out: Path) -> int:
    """Write all pictures; says what is in the folder, and what the browser complained of."""
    path = executable()
    if path is None:
        print("no Chromium: install one or name it in CGE_CHROMIUM", file=sys.stderr)
        return 1
    out.mkdir(parents=True, exist_ok=True)
    complaints: set[str] = set()
    with chromium(path) as browser:
        for device, theme in product(WIDTHS, THEMES):
            complaints |= set(screens(browser, brief, out, device, theme))
        opened = open_page(browser, brief)
        (out / "print.pdf").write_bytes(pdf(opened.page))
        opened.close()
    if shutil.which("pdftoppm"):
        command = ["pdftoppm", "-png", "-r", "70", str(out / "print.pdf"), str(out / "print")]
        subprocess.run(command, check=True)
    print(f"{len(list(out.glob('*.png')))} pictures in {out}")
    for complaint in sorted(complaints):
        print(complaint, file=sys.stderr)
    return 0


def screens(browser: Browser, brief: Path, out: Path, device: str, theme: Theme) -> list[str]:
    """One device in one theme; what its browser complained of."""
    opened = open_page(browser, brief, width=WIDTHS[device], theme=theme)
    if device == "desktop" and theme == "light":
        cut(opened.page, out, f"{device}-{theme}")
        opened.page.evaluate("() => document.querySelectorAll('details').forEach((d) => { d.open = true; })")
        settle(opened.page)
        cut(opened.page, out, f"{device}-{theme}-unfolded")
    else:
        cut(opened.page, out, f"{device}-{theme}")
    opened.close()
    return opened.recorder.problems


def cut(page: Page, out: Path, name: str) -> None:
    """The whole page in pieces from top to bottom."""
    width = page.evaluate("() => document.documentElement.clientWidth")
    whole = page.evaluate("() => document.documentElement.scrollHeight")
    high = HEIGHT.get(width, 900)
    for k, top in enumerate(range(0, whole, high), 1):
        piece = {"x": 0, "y": top, "width": width, "height": min(high, whole - top)}
        page.screenshot(path=out / f"{name}-{k:02d}.png", clip=piece, full_page=True)  # pyright: ignore[reportArgumentType]


if __name__ == "__main__":
    if len(sys.argv) != 3:
        print(__doc__, file=sys.stderr)
        sys.exit(2)
    sys.exit(main(Path(sys.argv[1]), Path(sys.argv[2])))
