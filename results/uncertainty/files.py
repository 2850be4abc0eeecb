"""A sweep on disk, by the ending of the name: a folder, a workbook, Markdown, JSON, CSV, or the brief.

The folder is a result folder (`results.store`) of the central result, so that ``cge report FOLDER`` shows
it, with the sweep's tables (``bands``, ``effects``, ``spread``, ``summary``) beside the central ones, and the
files ``points``, ``rows`` and ``outcomes`` (every number of every solved point). Tables hold no time, no
machine and no order of computing: the same sweep gives the same bytes, interrupted or not.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from pyarrow import csv

from results import store
from results.errors import ResultsError
from results.place import put
from results.side_by_side import Column
from results.uncertainty.analysis import Uncertainty
from results.uncertainty.inputs import SOLVED
from results.uncertainty.words import counted

KINDS = {
    "": "folder", ".xlsx": "workbook", ".md": "Markdown", ".json": "JSON", ".csv": "CSV", ".html": "brief",
}  # fmt: skip
NEEDS_CENTRAL = ("folder", "brief")
FORMAT, VERSION = "cge-sweep", 1
SAME = 1e-6
"""Relative difference up to which the central point of the sweep and the central result are one."""


def kind_of(path: Path) -> str:
    """What a name asks for. Raises ResultsError on an ending that says nothing."""
    kind = "folder" if path.is_dir() else KINDS.get(path.suffix.lower())
    if kind is None:
        raise ResultsError(
            f"{path.name}: unknown ending '{path.suffix}'; choose {', '.join(k for k in KINDS if k)}, or a "
            "folder, whose name has no dot"
        )
    return kind


def write(
    u: Uncertainty,
    path: str | Path,
    *,
    central: Column | None = None,
    command: str = "",
    force: bool = False,
) -> Path:
    """Write a sweep and return its path; whole or not at all.

    ``central``: the result at the scenario's own values, as `results.compare` makes it, which a folder and a
    brief hold and whose assumptions a workbook lists; ``command``: what reproduces it. What stands there is
    refused; with ``force`` a result is replaced and anything else moved aside. Raises ResultsError, also
    where ``central`` is not the central point of the sweep.
    """
    target = Path(path).expanduser()
    kind = kind_of(target)
    if central is None and kind in NEEDS_CENTRAL:
        raise ResultsError(f"a {kind} of a sweep holds the central result too: give it as central")
    if central is not None:
        _require_same(u, central)
    if kind == "folder":
        assert central is not None
        return store.put(_content(u, central, command), target, force=force)
    fill: dict[str, Callable[[Path], object]] = {
        "workbook": lambda p: _workbook(u, p, central),
        "Markdown": lambda p: _text(p, markdown(u)),
        "JSON": lambda p: _text(p, json.dumps(document(u, command), indent=1, allow_nan=False,
                                              ensure_ascii=False) + "\n"),
        "CSV": lambda p: csv.write_csv(_arrow(u.summary), p),
        "brief": lambda p: _brief(u, p, central, command),
    }  # fmt: skip
    return put(target, fill[kind], force=force)


def column(u: Uncertainty, central: Column, command: str = "") -> Column:
    """The central result with the tables of the sweep, for the brief and its figures."""
    tables = {**central.tables, "bands": u.bands, "effects": u.effects, "spread": u.spread}
    manifest = {**central.manifest, "sweep": about(u, command), "assumptions": [
        *(central.manifest.get("assumptions") or ()), *(_assumption(p) for p in u.parameters)
    ]}  # fmt: skip
    warnings = [f"sensitivity analysis: {n}" for n in u.notes]
    manifest["warnings"] = [*(central.manifest.get("warnings") or ()), *warnings]
    return replace(central, tables=tables, manifest=manifest)


def about(u: Uncertainty, command: str = "") -> dict[str, Any]:
    """What was varied, how, and what came of it, JSON-ready."""
    d = u.design
    return {
        "format": FORMAT, "version": VERSION, "focus": u.focus, "design": d.kind, "seed": d.seed,
        "sampled": d.sampled, "targets": list(d.targets), "parameters": [dict(p) for p in u.parameters],
        **u.counts, "share_failed": u.numbers.lost, "band": u.band_words, "words": counted(u.numbers),
        "notes": list(u.notes), "command": command,
    }  # fmt: skip


def document(u: Uncertainty, command: str = "") -> dict[str, Any]:
    """The sweep as one JSON document: ``about``, all bands of regions and of the focus, effects on the focus,
    statistics of the focus, every point. A number that does not exist is null.
    """
    regional = (u.bands["sector"] == "") & (u.bands["partner"] == "")
    own = (u.bands["region"] == u.focus) | regional
    parts = {
        "bands": (u.bands, u.bands.loc[own.to_numpy(dtype=bool)]),
        "effects": (u.effects, u.effects.loc[(u.effects["region"] == u.focus).to_numpy(dtype=bool)]),
        "spread": (u.spread, u.spread.loc[(u.spread["region"] == u.focus).to_numpy(dtype=bool)]),
        "summary": (u.summary, u.summary.loc[(u.summary["region"] == u.focus).to_numpy(dtype=bool)]),
        "points": (u.points, u.points),
    }
    tables = {
        name: {
            "columns": [str(c) for c in part.columns],
            "rows": [[_value(v) for v in row] for row in part.itertuples(index=False, name=None)],
            "of": len(whole),
        }
        for name, (whole, part) in parts.items()
    }
    return {**store.plain(about(u, command)), "tables": tables}


def markdown(u: Uncertainty) -> str:
    """The screen as GitHub Markdown."""
    from results.markdown import markdown as of
    from results.uncertainty.screen import render

    return of([render(u)], {**u.names.get("sectors", {}), **u.names.get("regions", {})})


def outcomes(u: Uncertainty) -> pa.Table:
    """Every number of every solved point, by number of the point and place in ``rows`` (both from 1 and from
    0): number, row, baseline, counterfactual. Failed points have none.
    """
    numbers = u.points.loc[(u.points["status"] == SOLVED).to_numpy(), "number"].to_numpy()
    base, new = u.numbers.in_order()
    count = base.shape[1]
    return pa.table(
        {
            "number": np.repeat(numbers.astype(np.int32), count),
            "row": np.tile(np.arange(count, dtype=np.int32), len(numbers)),
            "baseline": base.ravel(),
            "counterfactual": new.ravel(),
        }
    )


def _content(u: Uncertainty, central: Column, command: str) -> store.Content:
    whole = column(u, central, command)
    manifest = {k: v for k, v in whole.manifest.items() if k not in store.OWN}
    files: dict[str, Callable[[Path], object]] = {
        "points.parquet": lambda p: pq.write_table(_arrow(u.points), p),
        "points.csv": lambda p: csv.write_csv(_arrow(u.points), p),
        "rows.parquet": lambda p: pq.write_table(_arrow(u.numbers.rows), p),
        "outcomes.parquet": lambda p: pq.write_table(outcomes(u), p, compression="zstd"),
    }
    return store.Content({**whole.tables, "summary": u.summary}, whole.text, manifest, files=files)


def _arrow(table: pd.DataFrame) -> pa.Table:
    return pa.Table.from_pandas(table, preserve_index=False)


def _assumption(p: Mapping[str, str]) -> dict[str, str]:
    """What is varied, as the manifest lists assumptions."""
    return {
        "table": "sweep", "assumption": str(p.get("target", "")), "value": str(p.get("distribution", "")),
        "unit": "varied in the sensitivity analysis", "source": str(p.get("source", "")),
        "confidence": str(p.get("confidence", "")), "changed": "",
    }  # fmt: skip


def _require_same(u: Uncertainty, central: Column) -> None:
    """Refuse a central result that is not the sweep's: other numbers, or rows that it does not have."""
    keys = ["region", "sector", "partner", "indicator", "unit"]
    for name in dict.fromkeys(map(str, u.numbers.rows["table"])):
        if name not in central.tables:
            continue
        mine = (u.numbers.rows["table"] == name).to_numpy()
        found = pd.DataFrame(u.numbers.rows.loc[mine, keys])
        for which, values in zip(("baseline", "counterfactual"), u.numbers.central, strict=True):
            found = found.assign(**{f"own_{which}": values[mine]})
        both = found.merge(central.tables[name], on=keys, how="inner")
        for which in ("baseline", "counterfactual"):
            one, other = both[f"own_{which}"].to_numpy(dtype=float), both[which].to_numpy(dtype=float)
            there = np.isfinite(one) & np.isfinite(other)
            size = np.maximum(np.abs(other), np.abs(both["baseline"].to_numpy(dtype=float)))
            off = there & (np.abs(one - other) > SAME * np.maximum(size, 1.0))
            if off.any():
                row = both.iloc[int(np.flatnonzero(off)[0])]
                raise ResultsError(
                    f"the central result is not the central point of this sweep: {which} of "
                    f"{row['indicator']} for {row['region']} {row['sector']} is {row[which]:.6g}, in the "
                    f"sweep {row[f'own_{which}']:.6g}"
                )


def _workbook(u: Uncertainty, path: Path, central: Column | None) -> None:
    from results.uncertainty import sheets

    sheets.write(u, path, None if central is None else column(u, central))


def _brief(u: Uncertainty, path: Path, central: Column | None, command: str) -> None:
    from results.report import html

    assert central is not None
    _text(path, html([column(u, central, command)], focus=u.focus, command=command))


def _text(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8", newline="\n")


def _value(value: Any) -> Any:
    plain = store.plain(value)
    return None if isinstance(value, float) and not np.isfinite(value) else plain
