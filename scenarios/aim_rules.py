"""Who and what the newer instruments are aimed at: one rule an instrument, in a table."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from scenarios.schema import Shock

AIMS = ("importers", "exporters", "between", "among")


@dataclass(frozen=True)
class AimRule:
    """What an instrument must and may name.

    ``aims``: admissible combinations of importers, exporters, between, among (empty: it names ``regions``);
    ``sectors``: needed, optional (absent means all) or none;
    ``hint``: the instrument to use in place of a wrong aim.
    """

    aims: tuple[tuple[str, ...], ...] = ()
    sectors: str = "needed"
    hint: str = ""

    @property
    def regional(self) -> bool:
        """Whether it is a measure of ``regions``, not of flows."""
        return not self.aims

    def wrong(self, shock: Shock) -> str | None:
        """What is wrong with the aim of a shock in words, None if nothing."""
        name = shock.instrument
        found = tuple(aim for aim in AIMS if getattr(shock, aim) is not None)
        if self.regional:
            if shock.regions is None:
                return f"'regions' is missing: say whose {_plain(name)} it is"
            if found or shock.carve_outs:
                return f"'{found[0] if found else 'except'}': {name} is aimed at 'regions', not at flows"
        elif found not in self.aims:
            allowed = " or ".join(" and ".join(f"'{a}'" for a in aims) for aims in self.aims)
            given = " and ".join(found) or "nobody"
            return f"{name} is aimed at {allowed} (found {given}){self.hint}"
        elif shock.regions is not None:
            return "'regions' goes with domestic instruments; name the two sides of the flows"
        if shock.sectors is None and self.sectors == "needed":
            return "'sectors' is missing: name industries or a group, such as goods"
        if shock.sectors is not None and self.sectors == "none":
            return f"{name} concerns whole economies; 'sectors' has no meaning here"
        return None


def _plain(name: str) -> str:
    return name.replace("_", " ")


AMONG, BETWEEN, ALONE = ("among",), ("between",), ("importers",)
AIM_RULES: Mapping[str, AimRule] = {
    "retaliate": AimRule((ALONE,), hint=": who hits back is 'importers'"),
    "minilateral": AimRule((AMONG,), hint="; for two sides use bilateral"),
    "free_trade_area": AimRule((AMONG,), sectors="optional", hint="; for two sides use bilateral"),
    "bilateral": AimRule((BETWEEN,), sectors="optional", hint="; for more use free_trade_area"),
    "sectoral": AimRule((AMONG, BETWEEN, ALONE, ("importers", "exporters"))),
    "unilateral": AimRule(
        (ALONE,),
        sectors="optional",
        hint="; towards some exporters, use sectoral or tariff",
    ),
    "production_subsidy": AimRule(),
    "production_tax": AimRule(),
    "consumption_tax": AimRule(sectors="none"),
    "productivity": AimRule(),
    "endowment": AimRule(sectors="none"),
}
"""Instrument to rule. Older instruments have theirs in the schema."""

OPENINGS = ("minilateral", "free_trade_area", "bilateral", "sectoral", "unilateral")
"""Instruments that open markets: a tariff cut on goods and provisions on all sectors named."""
DOMESTIC = tuple(name for name, rule in AIM_RULES.items() if rule.regional)
"""Instruments of one economy at home."""
REGIONAL = ("minimum_wage", *DOMESTIC)
"""Instruments that name ``regions``."""
