"""What ran: the choices of a case in words, and the hash of the code."""

from __future__ import annotations

import hashlib
from functools import lru_cache
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING

from calibration.gravity.choices import specification
from scenarios.reader import barrier_file
from scenarios.schema import Scenario

if TYPE_CHECKING:
    from cge.app.api import Case


def cap_notes(caps: tuple[str, ...]) -> tuple[str, ...]:
    """One note for all elasticities that were cut to the ceiling, however many there are."""
    if not caps:
        return ()
    shown = "; ".join(caps[:3]) + (f" and {len(caps) - 3} more" if len(caps) > 3 else "")
    return (f"elasticities above the ceiling were cut to it: {shown}",)


def choices(case: Case) -> dict[str, str]:
    """What the run chose, in words, for reports and manifests."""
    formulation, closure = case.model.formulation, case.scenario.closure
    found = {"variant": case.scenario.variant} if case.scenario.variant else {}
    found |= {
        "aggregation": case.aggregation.name,
        "elasticities": case.elasticities.name,
        "production": formulation.production,
        "trade": formulation.trade,
        "consumption": formulation.consumption,
        **{str(k): str(v) for k, v in closure.model_dump(exclude={"swaps"}).items() if v is not None},
        **{f"swap {k + 1}": f"fix {w.fix}, free {w.free}" for k, w in enumerate(closure.swaps)},
        "tariffs": case.scenario.baseline.tariffs,
        "US-China duties": case.expanded.meta["us_china_duties"],
    }
    if case.barriers is not None:
        options = case.scenario.barriers
        found |= {"barriers, basis": options.basis, "barriers, band": options.band}
        if options.basis == "gravity":
            found["barriers, effect"] = options.effect or specification()
        if options.file is not None:
            found["barriers, file"] = options.file
    found |= {f"structure of {sector}": firms.words() for sector, firms in case.firms.items()}
    for o in case.scenario.overrides:
        name = f"{o.parameter} of {', '.join(o.sectors)}"
        found[name] = f"{found[name]}, {o.words()}" if name in found else o.words()
    return found


def barrier_hash(scenario: Scenario) -> dict[str, str]:
    """Sha256 of the scenario's own file of barriers, if it has one."""
    path = barrier_file(scenario)
    return {} if path is None else {"barriers": hashlib.sha256(path.read_bytes()).hexdigest()}


@lru_cache(maxsize=1)
def code_hash() -> str:
    """Sha256 of the source of the four packages, file names included: what ran."""
    digest = hashlib.sha256()
    for package in ("calibration", "cge", "results", "scenarios"):
        folder = files(package)
        for path in sorted(Path(str(folder)).rglob("*.py")):
            digest.update(f"{package}/{path.relative_to(str(folder)).as_posix()}".encode())
            digest.update(path.read_bytes())
    return digest.hexdigest()
