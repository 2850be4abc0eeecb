"""Files that a scenario starts from: baseline policies and the agreements they hold."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from pydantic import Field, PrivateAttr, field_validator, model_validator

from scenarios.problems import Origin
from scenarios.schema import CarveOut, Confidence, Date, Names, Shock, Sides, Strict, Texts
from scenarios.staging import StagingOf
from scenarios.units import Cut, Rate, Share, percent


class ScheduleLine(Strict):
    """What an agreement does to the tariffs of some flows between its parties, once fully phased in.

    ``cut`` is a share of the MFN rate, ``to`` a rate. Lines run from general to special: the last line
    that covers a flow sets its preferential rate. The flow pays the lower of that and what it pays already.
    ``staging`` says how fast the line comes; without it the rule of ``tables/staging.csv`` stands for it.
    """

    cut: Cut | None = None
    to: Rate | None = None
    importers: Names | None = None
    exporters: Names | None = None
    sectors: Names
    carve_outs: tuple[CarveOut, ...] = Field(default=(), alias="except")
    staging: StagingOf | None = None
    source: str = Field(min_length=1)
    confidence: Confidence

    @field_validator("carve_outs", mode="before")
    @classmethod
    def _one_or_more(cls, value: Any) -> Any:
        return (value,) if isinstance(value, dict) else value

    @model_validator(mode="after")
    def _one_verb(self) -> ScheduleLine:
        if (self.cut is None) == (self.to is None):
            raise ValueError("exactly one of 'to', 'cut' is needed")
        return self

    def words(self) -> str:
        """``MFN cut by 90 %``."""
        return f"MFN cut by {percent(self.cut)}" if self.cut is not None else f"to {percent(self.to or 0.0)}"


class Provisions(Strict):
    """What an agreement does to barriers other than tariffs: a template, save what provisions.csv says."""

    template: Literal["deep", "standard", "shallow"]
    spillover: Share | None = Field(
        default=None, description="what outsiders get of it, in place of the general share"
    )


class OtherAgreement(Strict):
    """Pairs of parties that an agreement without a file here serves too, in the benchmark's data."""

    agreement: str
    between: Sides | None = None
    among: Names | None = None
    source: str = Field(min_length=1)
    confidence: Confidence

    @model_validator(mode="after")
    def _one_aim(self) -> OtherAgreement:
        if (self.between is None) == (self.among is None):
            raise ValueError("exactly one of 'between', 'among' is needed")
        return self


class Agreement(Strict):
    """A trade agreement: its parties (a group of memberships.csv) and its schedule when fully phased in.

    ``in_data`` says how much of it the benchmark tariffs already hold; an agreement that is fully in the
    data has no lines, because nothing is to be added. One that is partly in the data is so among those
    that were parties in the year of the tariffs. ``also_served`` are pairs that keep the benchmark's rates
    when the agreement is left, because another one gives them. ``accession`` is what new members give and get
    where it differs from ``lines``; it covers flows with a new member on at least one side. ``between`` are
    the two sides of an agreement that leaves flows inside each side to others (ASEAN and a partner).
    """

    agreement: str
    title: str
    parties: str
    between: Sides | None = None
    in_data: Literal["none", "partly", "fully"]
    sources: Texts
    note: str = ""
    provisions: Provisions | None = None
    also_served: tuple[OtherAgreement, ...] = ()
    lines: tuple[ScheduleLine, ...] = ()
    accession: tuple[ScheduleLine, ...] = ()

    _origin: Origin = PrivateAttr(default_factory=Origin)

    @model_validator(mode="after")
    def _lines_unless_in_data(self) -> Agreement:
        no_tariffs = self.in_data == "none" and self.provisions is not None
        if (self.in_data == "fully") == bool(self.lines) and not no_tariffs:
            raise ValueError(
                "an agreement has lines exactly when the benchmark tariffs do not hold it fully "
                "(one without tariffs has provisions)"
            )
        return self

    @property
    def moves_barriers(self) -> bool:
        """Whether entry or end changes barriers: by provisions, or by the status of its pairs in the data."""
        return self.provisions is not None or self.in_data != "none"

    @property
    def origin(self) -> Origin:
        """The file it was read from."""
        return self._origin


class InForce(Strict):
    """An agreement that the baseline holds: since when, by which source."""

    agreement: str
    since: Date
    source: str = Field(min_length=1)
    confidence: Confidence
    note: str = ""


class Measures(Strict):
    """A dated set of measures taken by governments alone; its shocks apply in order, after the agreements."""

    title: str = Field(min_length=1)
    date: Date
    source: str = ""
    confidence: Confidence | None = None
    shocks: tuple[Shock, ...]

    @model_validator(mode="after")
    def _sourced(self) -> Measures:
        if self.shocks and not (self.source and self.confidence):
            raise ValueError("measures with shocks need 'source' and 'confidence'")
        if any(shock.treaty for shock in self.shocks):
            raise ValueError("agreements belong under 'agreements', not under 'measures'")
        if any(shock.provisions for shock in self.shocks):
            raise ValueError("provisions belong to agreements or to a scenario, not under 'measures'")
        if any(shock.opening or shock.retaliate for shock in self.shocks):
            raise ValueError("what opens markets or retaliates belongs to a scenario, not under 'measures'")
        if any(shock.control for shock in self.shocks):
            raise ValueError("quotas and minimum wages are relative to a baseline and cannot be part of it")
        return self


class BaselineFile(Strict):
    """The policy in force at a date, as changes to the benchmark's tariffs."""

    title: str = Field(min_length=1)
    description: str = ""
    date: Date
    agreements: tuple[InForce, ...] = ()
    measures: tuple[Measures, ...] = ()

    _origin: Origin = PrivateAttr(default_factory=Origin)

    @property
    def origin(self) -> Origin:
        """The file it was read from."""
        return self._origin


@dataclass(frozen=True)
class PolicyFiles:
    """A baseline file and all agreements there are: those in the data stand behind the benchmark's rates."""

    baseline: BaselineFile
    agreements: Mapping[str, Agreement] = field(default_factory=dict)
    asked: tuple[str, ...] = ()
    """The baseline that the scenario named when these files were read, and what it said of its agreements."""
    tables: tuple[Path, ...] = ()
    """Tables that say how agreements are used and what they do to barriers."""

    def sha256(self) -> str:
        """Hash of the text of all of them."""
        files = [self.baseline.origin, *(self.agreements[name].origin for name in sorted(self.agreements))]
        texts = [f.text for f in files] + [p.read_text(encoding="utf-8") for p in self.tables]
        return hashlib.sha256("\0".join(texts).encode()).hexdigest()
