"""What a package file may say, and how a scenario names a package."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from scenarios.fields import Date, Strict, Texts

RESERVED = ("package", "carve_out", "from", "until")
"""Keys of an entry that are no parameters."""
OWN_SHOCKS = "own shocks"
"""The name under which a file's own shocks count where packages are told apart."""


class Parameter(Strict):
    """A value that a package leaves open; without a default whoever uses the package must give it."""

    default: Any = Field(default=None, description="the value unless a scenario gives another")
    description: str = Field(min_length=1)
    unit: str = ""

    @property
    def required(self) -> bool:
        """Whether it has no default."""
        return "default" not in self.model_fields_set


class PackageFile(Strict):
    """A reusable piece of policy: shocks with open values (``$depth``), filled in by each scenario.

    Its shocks are checked as those of the scenario that uses it, once their values are known.
    """

    title: str = Field(min_length=1)
    description: str = ""
    author: str = ""
    date: Date | None = None
    sources: Texts = ()
    parameters: dict[str, Parameter] = Field(default_factory=dict)
    shocks: tuple[Any, ...] = Field(min_length=1)


class PackageEntry(BaseModel):
    """A package in a scenario: its name or path, its parameters by name, and when it applies."""

    model_config = ConfigDict(frozen=True, extra="allow")

    package: str = Field(
        min_length=1, description="a package of the library, or the path of a .yaml file beside the scenario"
    )
    carve_out: Any = Field(default=(), description="flows that every shock of the package leaves alone")
    from_: Date | None = Field(default=None, alias="from", description="when it starts (with as_of)")
    until: Date | None = Field(default=None, description="when it ends (with as_of)")


def _by_name(value: Any) -> Any:
    return {"package": value} if isinstance(value, str) else value


Entry = Annotated[PackageEntry, BeforeValidator(_by_name, json_schema_input_type=PackageEntry | str)]
