"""Instruments that open markets, as the shocks they consist of.

``minilateral``, ``free_trade_area``, ``bilateral``, ``sectoral`` and ``unilateral`` say the same of different
flows: a negotiated tariff cut on the goods among the sectors, and provisions on all of them. Whom each is
aimed at stands in ``aim_rules``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

import numpy as np

from scenarios.aim import IDLE_CARVE_OUT, Aim, Findings, Mask
from scenarios.schema import Shock
from scenarios.tariff_verbs import TariffVerb

FEW = 5
"""Members of a mini-lateral, at most."""


def parts_of(aim: Aim, shock: Shock, path: str) -> tuple[Shock, ...]:
    """The tariff cut and the provisions of an opening; what is wrong with it goes to the findings."""
    opening = shock.opening
    assert opening is not None
    sectors = aim.sectors(shock.sectors, f"{path}.sectors")
    goods = _goods(aim)
    judge = _JUDGES.get(shock.instrument)
    if judge is not None and sectors.any():
        judge(aim, shock, path, sectors)
    word = shock.instrument.replace("_", " ")
    label = f"{shock.label}: {word}" if shock.label else word
    bare = shock.model_copy(update={shock.instrument: None, "label": label})
    parts = []
    if opening.cut and (sectors & goods).any():
        named = tuple(np.array(aim.world.sectors)[sectors & goods].tolist())
        tariff = TariffVerb(cut=opening.cut)
        parts.append(bare.model_copy(update={"tariff": tariff, "sectors": named}))
    if opening.provisions is not None and opening.depth:
        # A share of a tariff cut withheld for single products says nothing of provisions.
        kept = tuple(c for c in shock.carve_outs if not getattr(c, "products", None))
        provisions = {"provisions": opening.provisions, "depth": opening.depth, "carve_outs": kept}
        parts.append(bare.model_copy(update=provisions))
    if not parts:
        _nothing(aim, shock, path)
    return tuple(parts)


def _goods(aim: Aim) -> Mask:
    goods = aim.world.sector_groups.groups["goods"]
    return np.array([s in goods for s in aim.world.sectors])


def carve_outs_apart(aim: Aim) -> Aim:
    """To look up one part of several: problems go to the findings of ``aim``, notes are kept apart."""
    return replace(aim, findings=Findings(problems=aim.findings.problems))


def tell(aim: Aim, part: Aim) -> None:
    """Notes of a part, without those about carve-outs that another part may meet."""
    for note in part.findings.notes:
        if IDLE_CARVE_OUT not in note:
            aim.findings.note(note)


def _nothing(aim: Aim, shock: Shock, path: str) -> None:
    opening = shock.opening
    assert opening is not None
    if not opening.depth:
        aim.note(path, f"{shock.words()}: at depth 0 % nothing is done")
    elif aim.sectors(shock.sectors, f"{path}.sectors").any():
        message = "services pay no tariff, so nothing is opened: name the 'provisions' that apply to them"
        aim.problem(f"{path}.{shock.instrument}", message)


def _judge_minilateral(aim: Aim, shock: Shock, path: str, sectors: Mask) -> None:
    members = int(aim.regions(shock.among, f"{path}.among", quiet=True).sum())
    if members > FEW:
        aim.note(path, f"a mini-lateral of {members} economies: free_trade_area says the same of many")


def _judge_sectoral(aim: Aim, shock: Shock, path: str, sectors: Mask) -> None:
    goods = _goods(aim)
    for whole in (goods, ~goods):
        inside = bool((sectors & ~whole).sum() == 0)
        if inside and not np.array_equal(sectors, whole):
            return
    message = (
        "a sectoral opening is about part of goods or part of services; for all of them, or for some of "
        "each, use free_trade_area, bilateral or unilateral, or write two shocks"
    )
    aim.problem(f"{path}.sectors", message)


_JUDGES: Mapping[str, Callable[[Aim, Shock, str, Mask], None]] = {
    "minilateral": _judge_minilateral,
    "sectoral": _judge_sectoral,
}
