"""A run on the screen: the comparison, and its further reports as far as asked for or called for."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import RenderableType

    from results.compare import Comparison


def parts(result: Comparison) -> list[RenderableType]:
    """What is printed of a result, in order."""
    import pandas as pd

    from cge.app import verify
    from results import adoption, decomposition_difference, decomposition_screen, published_screen, screen

    found: list[RenderableType] = [screen.render(result)]
    if "published" in result.manifest:
        found.append(published_screen.render(pd.DataFrame(result.manifest["published"])))
    if "adoption" in result.tables:
        found.append(adoption.render(result))
    if "decomposition" in result.tables:
        found.append(decomposition_screen.render(result))
    if "decomposition_difference" in result.tables:
        found.append(decomposition_difference.render(result))
    if "verification" in result.manifest:
        found.append(verify.render(result.manifest["verification"]))
    return found
