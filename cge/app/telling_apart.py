"""Two scenarios side by side, in words: choices, packages, and who changes what differently."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
import xarray as xr

from cge.app.cli_scenarios import expand
from cge.app.plain_text import Line, counted
from scenarios.apply import scenario_moves_barriers, with_benchmark_rents
from scenarios.changes import (
    common_cause,
    dollars,
    entries,
    instrument_words,
    shown,
    span,
    total_trade,
    where,
)
from scenarios.differences import choices, difference, packages
from scenarios.memory import Memory
from scenarios.naming import Naming, naming
from scenarios.schema import Scenario

INDENT = 5
MOST_GROUPS = 15


@dataclass(frozen=True)
class Apart:
    """What sets A and B apart; ``rows`` as scenarios.differences.difference gives them."""

    one: Scenario
    other: Scenario
    rows: pd.DataFrame
    words: Naming


def told(one: Scenario, other: Scenario, memory: Memory | None = None) -> Apart:
    """Both scenarios expanded over the packaged world, and every cell where they end differently.

    Barriers are looked at in both as soon as one of them moves any.

    Raises:
        ScenarioError: as scenarios.apply.
    """
    from calibration.world import load_world

    memory = memory or Memory()
    barriers = any(scenario_moves_barriers(s) for s in (one, other))
    policies = [expand(with_benchmark_rents(s) if barriers else s, memory) for s in (one, other)]
    trade: xr.DataArray = load_world().data["X0"]  # the flows are those of 2022 whatever the tariffs
    rows = difference(policies[0], policies[1], trade)
    return Apart(one, other, rows, naming(trade["d"].values.tolist(), trade["i"].values.tolist()))


def lines(found: Apart, one: str, other: str, *, top: int) -> list[Line | str]:
    """The differences as lines; ``top`` rows are shown of each."""
    out: list[Line | str] = [
        Line(f"A: {one}: {found.one.title}", 0, 3),
        Line(f"B: {other}: {found.other.title}", 0, 3),
    ]
    apart = [f"{path}: {a} in A, {b} in B" for path, a, b in choices(found.one, found.other)]
    apart += packages(found.one, found.other)
    out += ["", *(Line(f"- {text}", 0, 2) for text in apart)] if apart else []
    if found.rows.empty:
        return [*out, "", "The policies are identical: no rate, trade cost or cap differs."]
    blocks = _blocks(found.rows, found.words)
    for number, block in enumerate(blocks[:MOST_GROUPS], 1):
        out += ["", *_block(number, block, found.words, top)]
    hidden = blocks[MOST_GROUPS:]
    if hidden:
        rows = sum(len(block) for block in hidden)
        out += ["", Line(f"and {len(hidden)} more differences ({counted(rows, 'value')}), of smaller trade")]
    trade = total_trade(found.rows)
    total = f", on {dollars(trade)} of trade" if np.isfinite(trade) else ""
    return [*out, "", Line(f"{counted(len(found.rows), 'value')} differ{total}.")]


def _blocks(rows: pd.DataFrame, words: Naming) -> list[pd.DataFrame]:
    """Rows with the same instrument and the same causes together, the most trade first."""
    keyed = rows.assign(
        cause_a=[entries(w) for w in rows["why_a"]],
        cause_b=[entries(w) for w in rows["why_b"]],
        family=[words.families.get(s, s) for s in rows["sector"]],
    )
    return _by_trade(keyed, ["instrument", "cause_a", "cause_b"])


def _by_trade(rows: pd.DataFrame, columns: list[str]) -> list[pd.DataFrame]:
    parts = [part for _, part in rows.groupby(columns, sort=True)]
    return sorted(parts, key=lambda part: -float(np.nan_to_num(part["trade"].to_numpy()).sum()))


def _block(number: int, rows: pd.DataFrame, words: Naming, top: int) -> list[Line]:
    instrument = str(rows["instrument"].iloc[0])
    detail = _by_trade(rows, ["region", "partner", "family"])
    out = [Line(f"{number}. {instrument_words(instrument)}: {_sentence(rows, words)}", 0, 3)]
    for side in ("a", "b"):
        cause = common_cause(rows[f"why_{side}"])
        out.append(Line(f"{side.upper()}: {cause or 'as in the benchmark'}", 3, 6))
    if len(detail) > 1:
        out += [Line(_sentence(part, words), INDENT, INDENT + 2) for part in detail[:top]]
        if len(detail) > top:
            out.append(Line(f"and {len(detail) - top} more of these, with less trade", INDENT))
    return out


def _sentence(rows: pd.DataFrame, words: Naming) -> str:
    """``USA on imports from VNM, textiles: 8.1 % in A, 0 % in B (USD 14 bn of trade)``."""
    instrument = str(rows["instrument"].iloc[0])
    place = ", ".join(part for part in where(rows, words) if part)
    weights = rows["trade"].to_numpy(dtype=float)
    a, b = (shown(span(rows[side].to_numpy(dtype=float), weights).mean, instrument) for side in ("a", "b"))
    trade = total_trade(rows)
    covered = f" ({dollars(trade)} of trade)" if np.isfinite(trade) else ""
    return f"{place}: {a} in A, {b} in B{covered}"
