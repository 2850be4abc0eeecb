"""What a shock or a line of an agreement leaves out: flows, and products that the industries do not show."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import Field, model_validator

from scenarios.fields import Names, Strict
from scenarios.units import Share

if TYPE_CHECKING:
    from scenarios.schema import Shock


class CarveOut(Strict):
    """Flows a shock leaves alone: those that meet every condition given.

    With ``products`` they are not left alone: the share of the tariff cut that
    ``tables/product_carve_outs.csv`` gives for each product, or ``share``, is withheld on them.
    """

    importers: Names | None = None
    exporters: Names | None = None
    sectors: Names | None = None
    products: Names | None = Field(
        default=None, description="products whose share of their sectors' tariff cut is withheld"
    )
    share: Share | None = Field(
        default=None, description="that share, in place of tables/product_carve_outs.csv"
    )

    @model_validator(mode="after")
    def _some_condition(self) -> CarveOut:
        if self.share is not None and self.products is None:
            raise ValueError("'share' goes with 'products' only: without them the flows are left alone")
        if all(x is None for x in (self.importers, self.exporters, self.sectors, self.products)):
            raise ValueError("at least one of 'importers', 'exporters', 'sectors', 'products' is needed")
        return self


def require_cuts_for_products(shock: Shock) -> None:
    """Refuse carve-outs for products on a shock that cuts no tariff: there is no share to withhold.

    Raises:
        ValueError: one of the carve-outs names products, and the shock only raises rates or moves none.
    """
    why = _no_cut(shock)
    for carve_out in shock.carve_outs if why else ():
        if carve_out.products is not None:
            raise ValueError(
                f"{why}, so no share of a tariff cut can be withheld for {', '.join(carve_out.products)}: "
                "name whole industries under 'sectors'"
            )


def _no_cut(shock: Shock) -> str:
    """Why a shock cuts no tariff, "" if it does."""
    if shock.tariff is not None:
        words = f"'{shock.tariff.words()}' is not negotiated: it does not only cut"
        return "" if shock.tariff.never_raises else words
    if shock.treaty is not None:
        return "barriers are not lists of products" if shock.parts == ("barriers",) else ""
    if shock.access is not None:
        return "this access cuts no tariff" if shock.access.tariff is None else ""
    cuts = shock.opening is not None and shock.opening.cut > 0
    return "" if cuts else f"'{shock.instrument.replace('_', ' ')}' cuts no tariff"
