"""What a scenario file may say. Frozen pydantic models; nothing unknown is accepted.

A scenario is a baseline policy plus an ordered list of shocks. Every region, group and sector in it is a
label of the world database (81 economies, 50 industries) or the name of a group of them; aggregation happens
after the shocks are expanded, so a scenario does not change meaning with the aggregation.
Rates are shares (0.10 = 10 %), written ``10%`` or ``0.10``.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, PrivateAttr, field_validator, model_validator

from scenarios.closure_schema import Closure
from scenarios.control_schema import ExportControl, MinimumWage, Quota, TariffRateQuota
from scenarios.fields import Confidence, Date, Names, Sides, Strict, Texts
from scenarios.problems import Origin
from scenarios.structure_schema import Structure, whole_manufacturing
from scenarios.units import Change, Cut, Points, Rate, percent

__all__ = [
    "CarveOut",
    "Closure",
    "Confidence",
    "Date",
    "Names",
    "Scenario",
    "Shock",
    "Sides",
    "Strict",
    "Texts",
]


def _text_number(value: Any) -> Any:
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


class RateVerb(Strict):
    """What happens to a rate: exactly one of ``to``, ``cut``, ``add``."""

    to: Rate | None = Field(default=None, description="the new rate")
    cut: Cut | None = Field(default=None, description="the share of the rate that is removed")
    add: Points | None = Field(default=None, description="points added to the rate")

    @model_validator(mode="after")
    def _one_verb(self) -> RateVerb:
        given = [name for name in ("to", "cut", "add") if getattr(self, name) is not None]
        if len(given) != 1:
            found = " and ".join(given) or "none"
            raise ValueError(f"exactly one of 'to', 'cut', 'add' is needed (found {found})")
        return self

    @property
    def verb(self) -> tuple[str, float]:
        """The verb and its number."""
        for name in ("to", "cut", "add"):
            value = getattr(self, name)
            if value is not None:
                return name, value
        raise AssertionError("the validator leaves exactly one verb")

    def words(self) -> str:
        """``to 0 %``, ``cut by 50 %``, ``add 5 points``."""
        verb, value = self.verb
        if verb == "add":
            return f"add {100 * value:.6g} points"
        return f"{'cut by' if verb == 'cut' else 'to'} {percent(value)}"


class TariffVerb(RateVerb):
    """A change of tariffs. ``negotiated: true`` never raises a rate: the lower of old and new applies.

    Without the key, ``cut`` and ``to: 0%`` are negotiated, ``to`` any other rate and ``add`` are not.
    """

    negotiated: bool | None = Field(
        default=None, strict=True, description="never raise a rate that is already lower"
    )

    @model_validator(mode="after")
    def _add_is_unilateral(self) -> TariffVerb:
        if self.negotiated and self.add is not None:
            raise ValueError("'negotiated' goes with 'to' or 'cut'; 'add' changes a rate by arithmetic")
        return self

    @property
    def never_raises(self) -> bool:
        """Whether the lower of the old and the new rate applies."""
        if self.negotiated is not None:
            return self.negotiated
        return self.cut is not None or self.to == 0

    def words(self) -> str:
        """As RateVerb, with ``(negotiated)`` where the lower rate applies."""
        return super().words() + (" (negotiated)" if self.never_raises else "")


class Barrier(Strict):
    """A change of the cost of trading other than a tariff, as a change of the iceberg factor k (benchmark 1).

    ``iceberg: -3%`` multiplies k by 0.97. ``tariff_equivalent: -5%`` removes 5 points of a barrier whose ad
    valorem equivalent is ``of`` (k times (1 + of - 0.05)/(1 + of)); without ``of`` the 5 points are the
    whole barrier, so a cut divides k by 1.05 and an increase multiplies it by 1.05.
    """

    iceberg: Change | None = Field(default=None, description="change of the iceberg factor")
    tariff_equivalent: Points | None = Field(
        default=None, description="change of the barrier in points of tariff equivalent"
    )
    of: Rate | None = Field(
        default=None, description="the barrier's present tariff equivalent, with tariff_equivalent only"
    )

    @model_validator(mode="after")
    def _one_measure(self) -> Barrier:
        if (self.iceberg is None) == (self.tariff_equivalent is None):
            raise ValueError("exactly one of 'iceberg', 'tariff_equivalent' is needed")
        if self.of is not None:
            if self.tariff_equivalent is None:
                raise ValueError("'of' goes with 'tariff_equivalent' only")
            if self.of < 0:
                raise ValueError(
                    f"the barrier's tariff equivalent cannot be negative, not {percent(self.of)}"
                )
            if self.of + self.tariff_equivalent < 0:
                raise ValueError(
                    f"a barrier of {percent(self.of)} cannot be cut by {percent(-self.tariff_equivalent)}"
                )
        return self

    @property
    def factor(self) -> float:
        """What k is multiplied by."""
        if self.iceberg is not None:
            return 1 + self.iceberg
        step = self.tariff_equivalent or 0.0
        height = max(-step, 0.0) if self.of is None else self.of
        return (1 + height + step) / (1 + height)

    def words(self) -> str:
        """``barrier iceberg -3 %``."""
        if self.iceberg is not None:
            return f"iceberg {100 * self.iceberg:+.6g} %"
        of = "" if self.of is None else f" of {percent(self.of)}"
        return f"tariff equivalent {100 * (self.tariff_equivalent or 0):+.6g} points{of}"


class CarveOut(Strict):
    """Flows a shock leaves alone: those that meet every condition given."""

    importers: Names | None = None
    exporters: Names | None = None
    sectors: Names | None = None

    @model_validator(mode="after")
    def _some_condition(self) -> CarveOut:
        if self.importers is None and self.exporters is None and self.sectors is None:
            raise ValueError("at least one of 'importers', 'exporters', 'sectors' is needed")
        return self


CONTROLS = ("quota", "export_control", "trq", "minimum_wage")
INSTRUMENTS = ("tariff", "barrier", "export_tax", "agreement", *CONTROLS)
AIMS = ("importers", "exporters", "between", "among")


class Shock(Strict):
    """One instrument, its change, and the flows it is aimed at.

    ``importers`` and ``exporters`` (either one alone means all on the other side), or ``between`` two sides
    (both ways), or ``among`` one set (all flows inside it). ``agreement`` applies an agreement's file whole,
    ``minimum_wage`` is aimed at ``regions``.
    """

    label: str | None = Field(default=None, description="a name for reports")
    tariff: TariffVerb | None = None
    export_tax: RateVerb | None = None
    barrier: Barrier | None = None
    agreement: str | None = Field(default=None, description="an agreement whose schedule enters into force")
    quota: Quota | None = None
    export_control: ExportControl | None = None
    trq: TariffRateQuota | None = Field(default=None, description="a tariff-rate quota")
    minimum_wage: MinimumWage | None = None
    regions: Names | None = Field(default=None, description="whose minimum wage")
    importers: Names | None = None
    exporters: Names | None = None
    between: Sides | None = None
    among: Names | None = None
    sectors: Names | None = Field(default=None, description="industries or sector groups, such as goods")
    carve_outs: tuple[CarveOut, ...] = Field(default=(), alias="except", description="flows left alone")

    @field_validator("carve_outs", mode="before")
    @classmethod
    def _one_or_more(cls, value: Any) -> Any:
        return (value,) if isinstance(value, dict) else value

    @model_validator(mode="after")
    def _complete(self) -> Shock:
        given = [name for name in INSTRUMENTS if getattr(self, name) is not None]
        if len(given) != 1:
            found = " and ".join(given) or "none"
            raise ValueError(f"exactly one of {', '.join(INSTRUMENTS)} is needed (found {found})")
        aims = [name for name in AIMS if getattr(self, name) is not None]
        if self.agreement is not None:
            extra = aims + [n for n in ("sectors", "carve_outs") if getattr(self, n)]
            if extra:
                named = ", ".join("except" if e == "carve_outs" else e for e in extra)
                raise ValueError(f"an agreement applies as its file says; '{named}' has no meaning here")
            return self
        if (self.minimum_wage is None) != (self.regions is None):
            raise ValueError("'regions' goes with 'minimum_wage', and only with it")
        if self.minimum_wage is not None:
            if aims or self.sectors or self.carve_outs:
                raise ValueError("a minimum wage is aimed at 'regions' alone")
            return self
        if not aims:
            raise ValueError("the shock is aimed at nobody: name importers, exporters, between or among")
        if len(aims) > 1 and aims != ["importers", "exporters"]:
            raise ValueError(f"{' and '.join(aims)} cannot be combined: write two shocks")
        if self.sectors is None:
            raise ValueError("'sectors' is missing: name industries or a group, such as goods")
        return self

    @property
    def instrument(self) -> str:
        """Which of the instruments it moves."""
        return next(name for name in INSTRUMENTS if getattr(self, name) is not None)

    @property
    def control(self) -> Quota | ExportControl | TariffRateQuota | MinimumWage | None:
        """The measure, if its effect is a rent or a wage to be found."""
        return self.quota or self.export_control or self.trq or self.minimum_wage

    def words(self) -> str:
        """The shock in words, for tables and notes."""
        if self.agreement is not None:
            return f"agreement {self.agreement}"
        change = self.control or self.tariff or self.export_tax or self.barrier
        what = f"{self.instrument.replace('_', ' ')} {change.words() if change else ''}"
        return f"{self.label}: {what}" if self.label else what


class Aggregation(Strict):
    """Which regions and sectors are solved: a shipped name, or two CSV maps beside the scenario file."""

    name: Literal["small", "default", "full"] | None = None
    regions: str | None = Field(default=None, description="CSV map of regions, relative to the scenario file")
    sectors: str | None = Field(default=None, description="CSV map of sectors, relative to the scenario file")

    @model_validator(mode="after")
    def _name_or_files(self) -> Aggregation:
        files = (self.regions is not None) + (self.sectors is not None)
        if files != (0 if self.name else 2):
            raise ValueError(
                "write small, default or full, or give both files: {regions: r.csv, sectors: s.csv}"
            )
        return self


class Formulation(Strict):
    """Which form each part of the model takes."""

    production: Literal["leontief", "ces", "cobb_douglas"] = "leontief"
    trade: Literal["armington_two_level", "armington_one_level"] = "armington_two_level"
    consumption: Literal["cobb_douglas", "les", "household_cobb_douglas"] = "cobb_douglas"
    structure: Annotated[
        Structure, BeforeValidator(whole_manufacturing, json_schema_input_type=Structure | str)
    ] = Structure()


class Override(Strict):
    """One elasticity replaced, in some sectors."""

    parameter: Literal["sigma_m", "sigma_d", "sigma", "sigma_va"]
    sectors: Names = ("all",)
    value: float = Field(gt=0, allow_inf_nan=False, strict=True)


class Baseline(Strict):
    """Where the scenario starts: a file of ``scenarios/baseline`` or a path, and the benchmark's tariffs."""

    name: str = Field(
        default="in-force-2026", description="a baseline file, by name or by path beside the scenario"
    )
    without: Names = Field(default=(), description="agreements of that file that are left out")
    us_china_duties: bool = Field(
        default=True, strict=True, description="additional US-China duties of 2018-19 in the benchmark"
    )
    tariffs: Annotated[Literal["2022", "2017"], BeforeValidator(_text_number)] = Field(
        default="2022", description="which year's tariffs the benchmark carries"
    )


class Scenario(Strict):
    """A question put to the model: who asks, from which baseline, with which shocks."""

    title: str = Field(min_length=1)
    description: str = ""
    question: str = ""
    author: str = ""
    date: Date | None = None
    sources: Texts = ()
    aggregation: Aggregation = Aggregation(name="default")
    formulation: Formulation = Formulation()
    closure: Closure = Closure()
    elasticities: str = Field(default="gtap", description="name of an elasticity set")
    overrides: tuple[Override, ...] = ()
    baseline: Baseline = Baseline()
    focus: str | None = Field(default=None, description="the region whose sectors the report shows")
    shocks: tuple[Shock, ...]

    _origin: Origin = PrivateAttr(default_factory=Origin)
    _policy: Any = PrivateAttr(default=None)

    @field_validator("aggregation", "baseline", mode="before")
    @classmethod
    def _by_name(cls, value: Any) -> Any:
        return {"name": value} if isinstance(value, str) else value

    @property
    def origin(self) -> Origin:
        """The file it was read from, with the line of each entry."""
        return self._origin

    def __eq__(self, other: object) -> bool:
        """Equal when the content is, wherever it was read from."""
        return isinstance(other, Scenario) and self.model_dump() == other.model_dump()

    def __hash__(self) -> int:
        """Hash of the content."""
        return hash(self.model_dump_json())
