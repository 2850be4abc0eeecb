"""What a scenario file may say. Frozen pydantic models; nothing unknown is accepted.

A scenario is a baseline policy plus an ordered list of shocks. Every region, group and sector in it is a
label of the world database (81 economies, 50 industries) or the name of a group of them; aggregation happens
after the shocks are expanded, so a scenario does not change meaning with the aggregation.
Rates are shares (0.10 = 10 %), written ``10%`` or ``0.10``.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Annotated, Any, Literal

from pydantic import (
    BeforeValidator,
    Field,
    GetJsonSchemaHandler,
    PrivateAttr,
    field_validator,
    model_validator,
)

from scenarios.access_schema import Access, Adoption
from scenarios.barrier_schema import AgreementUse, BarrierOptions, Parts
from scenarios.closure_schema import Closure
from scenarios.control_schema import ExportControl, MinimumWage, Quota, TariffRateQuota
from scenarios.fields import Confidence, Date, Names, Numbers, Sides, Strict, Texts
from scenarios.problems import Origin
from scenarios.structure_schema import Structure, whole_manufacturing
from scenarios.units import Share
from scenarios.verbs import Barrier, RateVerb, TariffVerb

__all__ = [
    "Barrier",
    "CarveOut",
    "Closure",
    "Confidence",
    "Date",
    "Names",
    "RateVerb",
    "Scenario",
    "Shock",
    "Sides",
    "Strict",
    "TariffVerb",
    "Texts",
]


def _text_number(value: Any) -> Any:
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


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
INSTRUMENTS = ("tariff", "barrier", "export_tax", "agreement", "leave", "provisions", "access", *CONTROLS)
DETAILS = {
    "parts": ("agreement", "leave"),
    "utilisation": ("agreement",),
    "rules_of_origin": ("agreement",),
    "members": ("leave",),
}
"""Keys that go with some instruments only."""
AIMS = ("importers", "exporters", "between", "among")


class Shock(Strict):
    """One instrument, its change, and the flows it is aimed at.

    ``importers`` and ``exporters`` (either one alone means all on the other side), or ``between`` two sides
    (both ways), or ``among`` one set (all flows inside it). ``agreement`` applies an agreement's file,
    ``leave`` ends it (for ``members``, default all); of both, ``parts`` may be tariffs or barriers alone.
    ``provisions`` removes barriers as an agreement or a template does, on the flows named. ``access`` is
    granted by ``importers`` to those who adopt a standard (``if``). ``minimum_wage`` is aimed at ``regions``.
    """

    label: str | None = Field(default=None, description="a name for reports")
    tariff: TariffVerb | None = None
    export_tax: RateVerb | None = None
    barrier: Barrier | None = None
    agreement: str | None = Field(default=None, description="an agreement that enters into force")
    parts: Parts | None = Field(default=None, description="tariffs, barriers, or both (the default)")
    utilisation: Share | None = Field(default=None, description="share of trade that claims the preference")
    rules_of_origin: Share | None = Field(
        default=None, description="share of the tariff cut that compliance costs"
    )
    leave: str | None = Field(default=None, description="an agreement that ends, or that members leave")
    members: Names | None = Field(default=None, description="who leaves; all parties unless named")
    provisions: str | None = Field(
        default=None, description="an agreement or template (deep, standard, shallow) whose provisions apply"
    )
    access: Access | None = Field(default=None, description="access granted in return for a standard")
    condition: Adoption | None = Field(
        default=None, alias="if", description="the standard that buys the access, and who adopts it"
    )
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
        for key, instruments in DETAILS.items():
            if getattr(self, key) is not None and given[0] not in instruments:
                raise ValueError(f"'{key}' goes with {' and '.join(instruments)} only")
        if self.parts == ("barriers",) and (self.utilisation, self.rules_of_origin) != (None, None):
            raise ValueError("utilisation and rules_of_origin are about tariffs, which 'parts' leaves out")
        aims = [name for name in AIMS if getattr(self, name) is not None]
        self._conditional(aims)
        if self.agreement is not None or self.leave is not None:
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
        if self.sectors is None and self.provisions is None:
            raise ValueError("'sectors' is missing: name industries or a group, such as goods")
        return self

    def _conditional(self, aims: list[str]) -> None:
        if self.access is None and self.condition is not None:
            raise ValueError("'if' goes with 'access' only")
        if self.access is None:
            return
        if self.condition is None:
            raise ValueError(
                "access is granted in return for a standard: name it under 'if'; "
                "for access without a condition use 'tariff' or 'provisions'"
            )
        if aims != ["importers"]:
            raise ValueError(
                "access is granted by 'importers', and those who export with it are named under 'if: adopts'"
            )

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
        if self.agreement is not None or self.leave is not None:
            return f"agreement {self.agreement}" if self.agreement else f"leave {self.leave}"
        if self.provisions is not None:
            return f"{self.label}: " * bool(self.label) + f"provisions {self.provisions}"
        change = self.control or self.tariff or self.export_tax or self.barrier or self.access
        what = f"{self.instrument.replace('_', ' ')} {change.words() if change else ''}"
        what += f" {self.condition.words()}" if self.condition else ""
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
    use: dict[str, AgreementUse] = Field(
        default_factory=dict, description="how agreements of that file are used; 'all' means every one"
    )
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
    assumptions: Numbers = Field(
        default_factory=dict, description="numbers in place of rows of tables/barrier_assumptions.csv"
    )
    focus: str | None = Field(default=None, description="the region whose sectors the report shows")
    barriers: BarrierOptions = BarrierOptions()
    shocks: tuple[Shock, ...]
    main_variant: str | None = Field(
        default=None, exclude=True, description="a name for the file's own case, beside its variants"
    )
    variants: Any = Field(
        default_factory=dict, exclude=True, description="other cases: keys that replace those of the file"
    )

    _origin: Origin = PrivateAttr(default_factory=Origin)
    _policy: Any = PrivateAttr(default=None)
    _cases: Any = PrivateAttr(default_factory=dict)
    _variant: str = PrivateAttr(default="")

    @field_validator("aggregation", "baseline", mode="before")
    @classmethod
    def _by_name(cls, value: Any) -> Any:
        return {"name": value} if isinstance(value, str) else value

    @classmethod
    def __get_pydantic_json_schema__(cls, core: Any, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        """A variant may hold every key of a scenario but variants, and ``add``."""
        schema = handler(core)
        own = handler.resolve_ref_schema(schema)
        keys = {k: v for k, v in own["properties"].items() if k not in ("variants", "main_variant")}
        keys["add"] = {**keys["shocks"], "description": "shocks after those of the file"}
        one = {"type": "object", "properties": keys, "additionalProperties": False}
        own["properties"]["variants"] |= {"type": "object", "additionalProperties": one}
        return schema

    @property
    def origin(self) -> Origin:
        """The file it was read from, with the line of each entry."""
        return self._origin

    @property
    def variant(self) -> str:
        """The name of the variant that was asked for, "" for none."""
        return self._variant

    @property
    def cases(self) -> Mapping[str, Scenario]:
        """The file's variants by name, its own case first where ``main_variant`` names it; read-only."""
        return MappingProxyType(self._cases)

    def __eq__(self, other: object) -> bool:
        """Equal when the content is, wherever it was read from."""
        return isinstance(other, Scenario) and self.model_dump() == other.model_dump()

    def __hash__(self) -> int:
        """Hash of the content."""
        return hash(self.model_dump_json())
