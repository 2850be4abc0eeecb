"""A store of results that were computed before, found by what they depend on.

The key of a result is the hash of everything that decides its numbers: the scenario with its baseline,
agreements and tables, its own files, the code and the data of the package, the aggregation, whether the
benchmark carries rents, and the versions of the libraries that compute. What is found is verified file by
file (`results.store.read`); what does not verify is taken away and computed again. Nothing is reused when
any part of the key differs.
"""

from __future__ import annotations

import hashlib
import json
import os
import platform
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib.metadata import PackageNotFoundError, version
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cge.app.family import model_key
from cge.jax_setup import cache_directory
from scenarios.apply import with_benchmark_rents
from scenarios.packages import full_text
from scenarios.reader import scenario_hash
from scenarios.schema import Scenario

if TYPE_CHECKING:
    from results.compare import Comparison
    from results.store import StoredResult

LIBRARIES = ("cge-world", "numpy", "scipy", "xarray", "jax", "jaxlib", "casadi", "idaes-pse", "pandas")
MOST = 400
"""Results kept; beyond it the ones not used for longest are removed."""
OWN_TEXT = ("scenarios/library", "scenarios/packages")
"""Folders whose files reach a result through the scenario alone, whose content and text are in the key."""


@dataclass(frozen=True)
class Found:
    """A stored result, or None, with a note when something was there that could not be used."""

    result: StoredResult | None
    note: str = ""


def folder() -> Path | None:
    """Where results are kept: CGE_RUN_STORE, by default beside the compilation cache; None when it is off."""
    setting = os.environ.get("CGE_RUN_STORE", "")
    if setting.lower() == "off":
        return None
    if setting:
        return Path(setting).expanduser()
    return default_folder("runs")


def default_folder(name: str) -> Path:
    """A folder beside the compilation cache, in the user's cache where that is off."""
    compiled = cache_directory()
    if compiled is not None:
        return compiled.parent / name
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "cge" / name


def key(scenario: Scenario, *, aggregation: str | None, rents: bool, decompose: bool = False) -> str:
    """Hash of everything that the result of a scenario depends on, and of whether welfare is decomposed."""
    own = {
        "scenario": scenario_hash(scenario),
        "variant": scenario.variant,
        "text": hashlib.sha256(full_text(scenario).encode()).hexdigest(),
        "decompose": decompose,
    }
    return digest_of({**own, **parts(scenario, aggregation=aggregation, rents=rents)})


def parts(scenario: Scenario, *, aggregation: str | None, rents: bool | None) -> dict[str, Any]:
    """What the numbers of a scenario and of every change of it hang on, its policy apart: its model, the
    code and the data, the libraries and the machine. Keys of results and of points of sweeps contain it.
    """
    return {
        "model": model_key(scenario),
        "aggregation": aggregation or "",
        "rents": rents,
        "package": package_hash(),
        "libraries": _versions(),
        "python": platform.python_version(),
        "machine": f"{platform.system()} {platform.machine()}",
    }


def digest_of(content: Mapping[str, Any]) -> str:
    """Sha256 of a mapping's JSON, whatever the order of its keys."""
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


@lru_cache(maxsize=1)
def package_hash() -> str:
    """Sha256 of every file of the four packages, data and tables included; the library's scenarios are not,
    because each is part of its own result's key.
    """
    digest = hashlib.sha256()
    for package in ("calibration", "cge", "results", "scenarios"):
        root = Path(str(files(package)))
        for path in sorted(root.rglob("*")):
            name = f"{package}/{path.relative_to(root).as_posix()}"
            if path.is_file() and "__pycache__" not in path.parts and not name.startswith(OWN_TEXT):
                digest.update(f"{name}\0{path.stat().st_size}\0".encode())
                digest.update(path.read_bytes())
    return digest.hexdigest()


@lru_cache(maxsize=1)
def _versions() -> dict[str, str]:
    return {name: _version(name) for name in LIBRARIES}


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "none"


def find(key: str, scenario: Scenario, *, rents: bool) -> Found:
    """The stored result of this key, verified; a damaged one is removed and told in the note."""
    from cge.app.provenance import code_hash
    from results.errors import ResultsError
    from results.store import read

    place = _place(key)
    if place is None or not place.exists():
        return Found(None)
    try:
        result = read(place)
        hashes = result.manifest["scenario"]["hashes"]
        solved = with_benchmark_rents(scenario) if rents else scenario
        if result.manifest.get("store_key") != key:
            raise ResultsError("it is stored under another key")
        if (hashes["scenario"], hashes["code"]) != (scenario_hash(solved), code_hash()):
            raise ResultsError("it is of another scenario or code")
    except (ResultsError, OSError, ValueError, KeyError, TypeError) as error:
        shutil.rmtree(place, ignore_errors=True)
        return Found(None, f"the stored result did not verify and was computed again ({error})")
    os.utime(place)
    return Found(result)


def keep(key: str, comparison: Comparison) -> str:
    """Store a result; the note is empty unless it could not be kept, which never stops a comparison."""
    from dataclasses import replace
    from types import MappingProxyType

    from results.errors import ResultsError
    from results.store import write

    place = _place(key)
    if place is None:
        return ""
    try:
        manifest = MappingProxyType({**comparison.manifest, "store_key": key})
        write(replace(comparison, manifest=manifest), place)
        _prune(place.parent)
    except (OSError, ResultsError) as error:
        return f"the result could not be kept for later ({error})"
    return ""


def _place(key: str) -> Path | None:
    base = folder()
    return None if base is None else base / key


def _prune(base: Path) -> None:
    """Remove the results that have not been used for longest; only folders that are named by a key."""
    ours = [p for p in base.iterdir() if len(p.name) == 64 and set(p.name) <= set("0123456789abcdef")]
    if len(ours) > MOST:
        for old in sorted(ours, key=lambda p: p.stat().st_mtime)[: len(ours) - MOST]:
            shutil.rmtree(old, ignore_errors=True)
