"""JSON schemas for editors: scenario files, and package files with their open values."""

from __future__ import annotations

from typing import Any

from scenarios.package_schema import PackageFile
from scenarios.schema import Scenario

_OPEN = {"type": "string", "pattern": r"\$", "description": "an open value: the name of a parameter after $"}
_TEXTS = ("label",)


def scenario_schema() -> dict[str, Any]:
    """The schema of scenario files; a package's carve-outs are those of a shock."""
    schema = Scenario.model_json_schema()
    schema["$defs"]["PackageEntry"]["properties"]["carve_out"] |= _carve_outs()
    return schema


def package_schema() -> dict[str, Any]:
    """The schema of package files: as a scenario's shocks, with ``$name`` wherever a value stands."""
    schema, whole = PackageFile.model_json_schema(), Scenario.model_json_schema()
    shocks = whole["properties"]["shocks"]
    schema["properties"]["shocks"] = {**shocks, "description": "as in a scenario, with open values"}
    needed = _reachable(shocks, whole["$defs"])
    schema["$defs"] = {**schema.get("$defs", {}), **{name: _opened(whole["$defs"][name]) for name in needed}}
    return schema


def _carve_outs() -> dict[str, Any]:
    one = {"$ref": "#/$defs/CarveOut"}
    return {"anyOf": [one, {"type": "array", "items": one}]}


def _opened(definition: dict[str, Any]) -> dict[str, Any]:
    """The definition with a placeholder allowed for each of its values."""
    if "properties" not in definition:
        return definition
    properties = {
        name: value if name in _TEXTS else {"anyOf": [value, _OPEN]}
        for name, value in definition["properties"].items()
    }
    return {**definition, "properties": properties}


def _reachable(schema: Any, defs: dict[str, Any]) -> list[str]:
    """Names of the definitions that a schema refers to, directly or through others."""
    found: dict[str, None] = {}

    def visit(part: Any) -> None:
        if isinstance(part, dict):
            name = str(part.get("$ref", "")).removeprefix("#/$defs/")
            if name in defs and name not in found:
                found[name] = None
                visit(defs[name])
            for inner in part.values():
                visit(inner)
        elif isinstance(part, list):
            for inner in part:
                visit(inner)

    visit(schema)
    return list(found)
