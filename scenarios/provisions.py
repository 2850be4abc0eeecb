"""What an agreement's provisions remove of a barrier: scores by chapter, templates, spillover."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import numpy as np
import numpy.typing as npt

from scenarios.aim import Mask, World
from scenarios.holders import among
from scenarios.policy_schema import PolicyFiles
from scenarios.preferences import sector_mask
from scenarios.rows import numbered_rows

Array = npt.NDArray[np.float64]
Basis = Literal["gravity", "petri_plummer"]
PROVISIONS = Path(__file__).parent / "tables" / "provisions.csv"
TEMPLATES = ("deep", "standard", "shallow")


@dataclass(frozen=True)
class Scores:
    """Provision scores by name (agreements and templates), arrays over the world's sectors in [0, 1]."""

    values: Mapping[str, Array]
    templates: Mapping[str, str]
    """The template of every name; a template is its own."""

    def replaced(self, wanted: Mapping[str, Mapping[str, float]], world: World) -> Scores:
        """With a scenario's scores, by name and by sector or group, later ones over earlier; all known."""
        values = dict(self.values)
        for name, by_sector in wanted.items():
            for sectors, score in by_sector.items():
                inside = world.sector_groups.expand(sectors, world.sectors)
                values[name] = np.where([s in inside for s in world.sectors], score, values[name])
        return Scores(values, self.templates)


def provision_names(files: PolicyFiles) -> tuple[str, ...]:
    """Templates, and agreements that have provisions."""
    return (*TEMPLATES, *(name for name, a in files.agreements.items() if a.provisions is not None))


def read_scores(world: World, templates: Mapping[str, str], path: Path = PROVISIONS) -> Scores:
    """Scores of the templates and of each agreement in ``templates`` (agreement to template).

    An agreement starts from its template; its own rows, in order, replace scores on the sectors they name.

    Raises:
        ValueError: a template that lacks a sector or scores zero on one, a score outside [0, 1], a row
            without a note, a name that is neither a template nor an agreement with one.
    """
    values: dict[str, Array] = {}
    for name in (*TEMPLATES, *templates):
        start = values.get(templates.get(name, ""), np.full(len(world.sectors), np.nan))
        values[name] = start.copy()
        for n, row in numbered_rows(path):
            if row["name"] == name:
                values[name][sector_mask(row["sectors"], world, path, n)] = _score(row, path, n)
        if name in TEMPLATES and not (values[name] > 0).all():
            missing = [s for s, v in zip(world.sectors, values[name], strict=True) if not v > 0]
            raise ValueError(f"{path.name}: template {name} has no score above 0 for {', '.join(missing)}")
    return Scores(values, {**{t: t for t in TEMPLATES}, **templates})


def _score(row: Mapping[str, str], path: Path, line: int) -> float:
    score = float(row["score"])
    if not 0 <= score <= 1:
        raise ValueError(f"{path.name}:{line}: a score is between 0 and 1, not {score:g}")
    if not row["note"].strip():
        raise ValueError(f"{path.name}:{line}: the note is missing: a score needs its argument")
    return score


@dataclass(frozen=True)
class Effects:
    """Turns provisions into shares of the cuttable barrier removed, on one of two bases.

    ``gravity``: the log trade-cost cut of the template (estimated; standard is the mean of shallow and deep)
    times the score relative to the template's own, in points of the barrier, over what is cuttable.
    ``petri_plummer``: the score itself.
    """

    basis: Basis
    ave: Array
    cuttable: Array
    deep: Array
    shallow: Array
    scores: Scores
    spillover: float
    own_spillover: Mapping[str, float] = field(default_factory=dict)
    """Of agreements whose file gives one of its own."""
    limits: Mapping[str, Mask] = field(default_factory=dict)
    """Pairs (o, d) of agreements between two sides."""

    @property
    def size(self) -> int:
        """Number of sectors."""
        return self.ave.shape[1]

    def known(self, name: str) -> bool:
        """Whether the name has provisions."""
        return name in self.scores.values

    def value(self, name: str) -> Array:
        """Share of the cuttable barrier (d, i) that importer d removes for the parties of ``name``."""
        score, template = self.scores.values[name], self.scores.templates[name]
        if self.basis == "petri_plummer":
            return np.broadcast_to(score, self.ave.shape)
        logs = {"deep": self.deep, "shallow": self.shallow, "standard": (self.deep + self.shallow) / 2}
        relative = score / self.scores.values[template]
        points = (1 + self.ave) * (1 - np.exp(-logs[template] * relative))
        out = np.zeros(self.ave.shape)
        np.divide(points, self.cuttable, out=out, where=self.cuttable > 0)
        return np.minimum(out, 1.0)

    def remarks(self, name: str, cells: Mask) -> tuple[str, ...]:
        """What a reader should know of the estimates behind ``name`` on ``cells`` (o, d, i)."""
        value, count = np.broadcast_to(self.value(name), cells.shape), int(cells.sum())
        if self.basis != "gravity" or not count:
            return ()
        template, out = self.scores.templates[name], []
        idle = cells & (value == 0) & (self.cuttable > 0)
        if idle.any():
            sectors = int(idle.any(axis=(0, 1)).sum())
            out.append(
                f"provisions {name}: the estimated effect of a {template} agreement is zero in {sectors} "
                "sectors, whatever its scores ('barriers: {basis: petri_plummer}' goes by the scores)"
            )
        full = cells & (value >= 1)
        if full.any():
            out.append(
                f"provisions {name}: on {100 * int(full.sum()) / count:.0f} % of the flows the estimated "
                "effect exceeds what can be cut of the barrier, and the latter decides"
            )
        return tuple(out)

    def among(self, name: str, members: Mask, alone: Mask | None = None) -> Array:
        """What the agreement removes on all flows (o, d, i) when in force among ``members``.

        Nothing on flows ``alone`` (o, d, i), which are carved out.
        """
        served = among(members) & self.limits.get(name, True)
        pairs = np.broadcast_to(served[:, :, None], (len(members), *self.ave.shape))
        alone = np.zeros_like(pairs) if alone is None else alone
        return self.on(name, pairs & ~alone, alone)

    def on(self, name: str, cells: Mask, alone: Mask) -> Array:
        """What provisions aimed at ``cells`` (o, d, i) remove, with the spillover to outsiders.

        Outsiders are all other exporters to an importer and sector that ``cells`` names, except flows
        ``alone`` (carved out) and a region's trade with itself.
        """
        value = self.value(name)
        concerned = cells.any(axis=0) & ~alone & ~np.eye(len(cells), dtype=bool)[:, :, None]
        spilled = self.own_spillover.get(name, self.spillover) * value
        return np.where(cells, value, np.where(concerned, spilled, 0.0))
