"""What a scenario file may say. Frozen pydantic models; nothing unknown is accepted.

A scenario is a baseline policy plus an ordered list of shocks. Every region, group and sector in it is a
label of the world database (81 economies, 50 industries) or the name of a group of them; aggregation happens
after the shocks are expanded, so a scenario does not change meaning with the aggregation.
Rates are shares (0.10 = 10 %), written ``10%`` or ``0.10``.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from pydantic import (
    Field,
    GetJsonSchemaHandler,
    PrivateAttr,
    field_validator,
    model_validator,
)

from scenarios.access_schema import Access, Adoption
from scenarios.aim_rules import AIM_RULES, AIMS, REGIONAL
from scenarios.barrier_schema import BarrierOptions, Parts
from scenarios.carve_schema import CarveOut, require_cuts_for_products
from scenarios.closure_schema import Closure
from scenarios.compensation_schema import Compensation
from scenarios.control_schema import ExportControl, MinimumWage, Quota, TariffRateQuota
from scenarios.domestic_schema import Endowment, Productivity, Subsidy
from scenarios.fields import Confidence, Date, Names, Numbers, Sides, Strict, Texts
from scenarios.opening_schema import Opening, Retaliate
from scenarios.package_schema import Entry
from scenarios.problems import Origin
from scenarios.retraining_schema import Retraining
from scenarios.setting_schema import Aggregation, Baseline, Formulation, Override
from scenarios.staging import Years
from scenarios.sweep_schema import Sweep
from scenarios.tariff_verbs import TariffVerb
from scenarios.units import Share, percent
from scenarios.verbs import Barrier, RateVerb

if TYPE_CHECKING:
    from scenarios.package_files import UsedPackage

__all__ = [
    "Aggregation",
    "Barrier",
    "Baseline",
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


CONTROLS = ("quota", "export_control", "trq", "minimum_wage")
INSTRUMENTS = ("tariff", "barrier", "export_tax", "agreement", "join", "leave", "provisions", "access",
               *CONTROLS, *AIM_RULES)  # fmt: skip
DETAILS = {
    "parts": ("agreement", "join", "leave"),
    "utilisation": ("agreement", "join"),
    "rules_of_origin": ("agreement", "join"),
    "members": ("join", "leave"),
    "year": ("agreement", "join"),
    "depth": ("provisions",),
}
"""Keys that go with some instruments only."""


class Shock(Strict):
    """One instrument, its change, and the flows it is aimed at.

    ``importers`` and ``exporters`` (either one alone means all on the other side), or ``between`` two sides
    (both ways), or ``among`` one set (all flows inside it). ``agreement`` applies an agreement's file,
    ``join`` lets ``members`` accede to it, ``leave`` ends it (for ``members``, default all); of all three,
    ``parts`` may be tariffs or barriers alone, and ``year`` says how far the first two are phased in.
    ``provisions`` removes barriers as an agreement or a template does, on the flows named. ``access`` is
    granted by ``importers`` to those who adopt a standard (``if``). ``minimum_wage`` is aimed at ``regions``.
    What the newer instruments are aimed at stands in ``aim_rules``.
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
    join: str | None = Field(default=None, description="an agreement in force that members accede to")
    leave: str | None = Field(default=None, description="an agreement that ends, or that members leave")
    members: Names | None = Field(
        default=None, description="who joins, or who leaves (all parties unless named)"
    )
    year: Years | None = Field(
        default=None, description="years since entry into force: what is not phased in by then is left out"
    )
    provisions: str | None = Field(
        default=None, description="an agreement or template (deep, standard, shallow) whose provisions apply"
    )
    depth: Share | None = Field(default=None, description="the share of the provisions that is done")
    access: Access | None = Field(default=None, description="access granted in return for a standard")
    condition: Adoption | None = Field(
        default=None, alias="if", description="the standard that buys the access, and who adopts it"
    )
    quota: Quota | None = None
    export_control: ExportControl | None = None
    trq: TariffRateQuota | None = Field(default=None, description="a tariff-rate quota")
    minimum_wage: MinimumWage | None = None
    retaliate: Retaliate | None = Field(default=None, description="duties in reply to those of the scenario")
    minilateral: Opening | None = Field(default=None, description="a few economies open some sectors")
    free_trade_area: Opening | None = Field(default=None, description="any number of economies open markets")
    bilateral: Opening | None = Field(default=None, description="two sides open markets to each other")
    sectoral: Opening | None = Field(default=None, description="part of goods or of services is opened")
    unilateral: Opening | None = Field(default=None, description="importers open alone, to everybody")
    production_subsidy: Subsidy | None = Field(default=None, description="a subsidy on output")
    production_tax: RateVerb | None = Field(default=None, description="tax on the value of output")
    consumption_tax: RateVerb | None = Field(default=None, description="tax on private consumption")
    productivity: Productivity | None = Field(default=None, description="output per unit of all inputs")
    endowment: Endowment | None = Field(default=None, description="what an economy has of a factor")
    regions: Names | None = Field(default=None, description="whose wage, tax, productivity or endowment")
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
                *first, last = instruments
                named = f"{', '.join(first)} and {last}" if first else last
                raise ValueError(f"'{key}' goes with {named} only")
        if self.parts == ("barriers",) and (self.utilisation, self.rules_of_origin) != (None, None):
            raise ValueError("utilisation and rules_of_origin are about tariffs, which 'parts' leaves out")
        aims = [name for name in AIMS if getattr(self, name) is not None]
        self._conditional(aims)
        require_cuts_for_products(self)
        rule = AIM_RULES.get(given[0])
        if rule is not None:
            if wrong := rule.wrong(self):
                raise ValueError(wrong)
            return self
        if self.treaty is not None:
            whole = ("sectors", "carve_outs") if self.leave else ("sectors",)
            extra = aims + [n for n in whole if getattr(self, n)]
            if extra:
                named = ", ".join("except" if e == "carve_outs" else e for e in extra)
                raise ValueError(f"an agreement applies as its file says; '{named}' has no meaning here")
            if self.join is not None and self.members is None:
                raise ValueError("'join' needs 'members': who accedes, such as members: [THA, KOR]")
            return self
        if (self.minimum_wage is None) != (self.regions is None):
            raise ValueError(f"'regions' goes with {', '.join(REGIONAL)}, and only with these")
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
    def treaty(self) -> str | None:
        """The agreement that enters, is joined or is left."""
        return self.agreement or self.join or self.leave

    @property
    def instrument(self) -> str:
        """Which of the instruments it moves."""
        return next(name for name in INSTRUMENTS if getattr(self, name) is not None)

    @property
    def opening(self) -> Opening | None:
        """What it opens, if it is one of the instruments that open markets."""
        return self.minilateral or self.free_trade_area or self.bilateral or self.sectoral or self.unilateral

    @property
    def two_sided(self) -> bool:
        """Whether it is aimed at both directions of trade, so that what it lowers was negotiated."""
        return self.between is not None or self.among is not None

    @property
    def control(self) -> Quota | ExportControl | TariffRateQuota | MinimumWage | None:
        """The measure, if its effect is a rent or a wage to be found."""
        return self.quota or self.export_control or self.trq or self.minimum_wage

    def words(self) -> str:
        """The shock in words, for tables and notes."""
        named = self.label + ": " if self.label else ""
        if self.treaty is not None:
            year = "" if self.year is None else f" (year {self.year:g})"
            return f"{named}{self.instrument} {self.treaty}{year}"
        if self.provisions is not None:
            depth = "" if self.depth in (None, 1) else f", depth {percent(self.depth)}"
            return f"{named}provisions {self.provisions}{depth}"
        condition = f" {self.condition.words()}" if self.condition else ""
        return (
            f"{named}{self.instrument.replace('_', ' ')} {getattr(self, self.instrument).words()}{condition}"
        )


class Scenario(Strict):
    """A question put to the model: who asks, from which baseline, with which shocks."""

    title: str = Field(min_length=1)
    description: str = ""
    question: str = ""
    author: str = ""
    date: Date | None = None
    sources: Texts = ()
    look_at: Texts = Field(default=(), description="what to look at in the result")
    aggregation: Aggregation = Aggregation(name="default")
    formulation: Formulation = Formulation()
    closure: Closure = Closure()
    elasticities: str = Field(default="gtap", description="name of an elasticity set")
    overrides: tuple[Override, ...] = ()
    baseline: Baseline = Baseline()
    assumptions: Numbers = Field(
        default_factory=dict,
        description="numbers in place of rows of tables/barrier_assumptions.csv or of closures.csv",
    )
    focus: str | None = Field(default=None, description="the region whose sectors the report shows")
    barriers: BarrierOptions = BarrierOptions()
    retraining: Retraining | None = Field(default=None, description="a programme for displaced workers")
    compensation: Compensation | None = Field(
        default=None, description="pay the displaced inside the model, from a levy that raises as much"
    )
    as_of: Date | None = Field(
        default=None, description="policy as of this date: packages start and end, agreements are phased in"
    )
    sweep: Sweep | None = Field(
        default=None, exclude=True, description="many solutions: what is varied, and by which design"
    )
    packages: tuple[Entry, ...] = Field(
        default=(), exclude=True, description="reusable pieces of policy, applied in order before 'shocks'"
    )
    products: str | None = Field(
        default=None,
        description="CSV of rows added to tables/product_carve_outs.csv, beside the scenario file",
    )
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
    _flat: Any = PrivateAttr(default=None)
    _written: Any = PrivateAttr(default=None)
    _changed: str = PrivateAttr(default="")
    _varied: Any = PrivateAttr(default_factory=dict)

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
        keys["plus"] = {**keys["packages"], "description": "packages after those of the file"}
        keys["minus"] = {"items": {"type": "string"}, "type": "array", "description": "packages left out"}
        one = {"type": "object", "properties": keys, "additionalProperties": False}
        own["required"] = [key for key in own["required"] if key != "shocks"]
        own["anyOf"] = [{"required": ["shocks"]}, {"required": ["packages"]}]
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
    def package_of(self) -> tuple[str, ...]:
        """The package that each shock comes from, "" for the file's own.

        Raises:
            ValueError: the shocks of this copy are not those that were read.
        """
        found = self._flat.package_of if self._flat is not None else ("",) * len(self.shocks)
        if len(found) != len(self.shocks):
            raise ValueError("the shocks were replaced after reading: nobody knows their packages")
        return found

    @property
    def used_packages(self) -> tuple[UsedPackage, ...]:
        """The packages in force, in order, with their parameters and files."""
        return self._flat.used if self._flat is not None else ()

    @property
    def reading_notes(self) -> tuple[str, ...]:
        """What a reader should know of how the file was read, each with file and line."""
        return self._flat.notes if self._flat is not None else ()

    @property
    def changed(self) -> str:
        """What was added to or taken from the case by hand: ``+semiconductors``, "" for nothing."""
        return self._changed

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
