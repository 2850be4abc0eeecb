"""What a worker on another machine needs to build the same model: the scenario, its files, and hashes.

The scenario travels as the content that was read, with the files that it names beside it (maps of an own
aggregation, barriers, products, a baseline or packages by path); nothing is looked up on the worker but the
program's own tables. A file that is named by an absolute path does not travel: the worker must have the same
file at the same place, which its hash shows.
"""

from __future__ import annotations

import hashlib
import io
import pickle
import platform
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path, PurePath
from typing import Any

from cge.app.sweeps.plan import Plan, SweepError
from scenarios.problems import Origin
from scenarios.reader import HERE, scenario_hash
from scenarios.schema import Scenario


@dataclass(frozen=True)
class Parcel:
    """A plan's model as content. ``key``: of the content; ``scenario``: packed with its folders named by
    number; ``files``: (folder, name, bytes); ``fixed``: (absolute path, sha256) of what must be there.
    """

    key: str
    name: str
    scenario: bytes
    scenario_hash: str
    files: tuple[tuple[int, str, bytes], ...]
    fixed: tuple[tuple[str, str], ...]
    hashes: Mapping[str, str]
    engine: str
    aggregation: str | None
    rents: bool | None
    tables: tuple[str, ...]


def identity() -> dict[str, str]:
    """What must be the same on every computer of a sweep: code, data, libraries, Python, machine."""
    from cge.app import run_store

    return {
        "code and data": run_store.package_hash(),
        "libraries": ", ".join(f"{name} {_version(name)}" for name in run_store.LIBRARIES),
        "Python": platform.python_version(),
        "machine": f"{platform.system()} {platform.machine()}",
    }


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "none"


def pack(plan: Plan) -> Parcel:
    """The plan without its points. Raises SweepError for what cannot travel, OSError for a missing file."""
    folders: list[str] = []
    packed = _packed(plan.scenario, folders)
    files, fixed = [], []
    for folder, name in dict.fromkeys(_named(plan.scenario)):
        content = (Path(folder) / name).read_bytes()
        if PurePath(name).is_absolute():
            fixed.append((name, hashlib.sha256(content).hexdigest()))
        else:
            files.append((folders.index(folder), name, content))
    parts = (packed, tuple(files), tuple(fixed), plan.engine, plan.aggregation, plan.rents, plan.tables)
    return Parcel(
        hashlib.sha256(pickle.dumps(parts)).hexdigest(), plan.scenario.title, packed,
        scenario_hash(plan.scenario), tuple(files), tuple(fixed), identity(), plan.engine, plan.aggregation,
        plan.rents, plan.tables,
    )  # fmt: skip


def unpack(parcel: Parcel, home: Path) -> Scenario:
    """The scenario on this computer, its files under ``home``.

    Raises SweepError when it is not what was sent, or a file that should be here is missing or another.
    """
    for path, sha in parcel.fixed:
        there = Path(path).read_bytes() if Path(path).is_file() else None
        if there is None or hashlib.sha256(there).hexdigest() != sha:
            what = "no file" if there is None else "another file"
            raise SweepError(f"{what} at {path}: name it relative to the scenario's file, then it is sent")
    deep = max((PurePath(name).parts.count("..") for _, name, _ in parcel.files), default=0)
    for number, name, content in parcel.files:
        path = _folder(home, number, deep) / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    found = _Unpacker(io.BytesIO(parcel.scenario), home, deep).load()
    if not isinstance(found, Scenario) or scenario_hash(found) != parcel.scenario_hash:
        raise SweepError("the scenario is not the one that was sent")
    return found


def _folder(home: Path, number: int, deep: int) -> Path:
    """Where a folder's files stand; ``deep`` enough that a path with .. stays inside ``home``."""
    return home.joinpath(str(number), *(["in"] * deep))


def _named(scenario: Scenario) -> Iterator[tuple[str, str]]:
    """(folder, name as written) of every file that the scenario names by path."""
    for case in (scenario, *scenario.cases.values()):
        folder = case.origin.folder
        own = case.aggregation
        written = [own.regions, own.sectors, case.barriers.file, case.products]
        written += [None if case.sweep is None else case.sweep.rows]
        written += [case.baseline.name if case.baseline.name.endswith((".yaml", ".yml")) else None]
        yield from ((folder, name) for name in written if name is not None)
        for package in case.used_packages:
            if Path(package.origin.folder).resolve() != (HERE / "packages").resolve():
                yield _beside(package.origin, folder)


def _beside(origin: Origin, folder: str) -> tuple[str, str]:
    """A package's file as the scenario in ``folder`` names it."""
    if (Path(folder) / origin.file).is_file():
        return folder, origin.file
    return origin.folder, PurePath(origin.file).name


def _packed(scenario: Scenario, folders: list[str]) -> bytes:
    """The scenario as bytes, with the number of its folder in ``folders`` (filled here) in every origin."""
    out = io.BytesIO()
    _Packer(out, folders).dump(scenario)
    return out.getvalue()


class _Packer(pickle.Pickler):
    """Writes the folder of an Origin as a mark that another computer can read."""

    def __init__(self, out: io.BytesIO, folders: list[str]) -> None:
        super().__init__(out)
        self.folders = folders

    def reducer_override(self, obj: Any) -> Any:
        """An Origin with its folder as text that starts with a sign: one of the package, or a number."""
        if type(obj) is not Origin:
            return NotImplemented
        values = {f.name: getattr(obj, f.name) for f in fields(obj)}
        inside = Path(obj.folder).resolve()
        if inside.is_relative_to(HERE.resolve()):
            mark: str | int = inside.relative_to(HERE.resolve()).as_posix()
        else:
            if obj.folder not in self.folders:
                self.folders.append(obj.folder)
            mark = self.folders.index(obj.folder)
        return _origin, (values, Mark(mark))


@dataclass(frozen=True)
class Mark:
    """A folder on no computer in particular: below `scenarios`, or the number of one that is sent."""

    place: str | int

    def __reduce__(self) -> Any:
        return Mark, (self.place,)


def _origin(values: Mapping[str, Any], folder: str | Mark) -> Origin:
    if isinstance(folder, Mark):
        raise pickle.UnpicklingError("read with `unpack`")
    return Origin(**{**values, "folder": folder})


class _Unpacker(pickle.Unpickler):
    """Reads the marks as folders of this computer."""

    def __init__(self, file: io.BytesIO, home: Path, deep: int) -> None:
        super().__init__(file)
        self.home, self.deep = home, deep

    def find_class(self, module: str, name: str) -> Any:
        """`Mark` becomes a path here."""
        if (module, name) == (Mark.__module__, "Mark"):
            return self._place
        return super().find_class(module, name)

    def _place(self, place: str | int) -> str:
        return str(HERE / place) if isinstance(place, str) else str(_folder(self.home, place, self.deep))
