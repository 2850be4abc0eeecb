"""Scenarios side by side: what was named is read, what was computed before is reused, the rest is solved."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from calibration.aggregate import Aggregation, load_aggregation
from cge.app import run_store
from cge.app.family import Wanted, need_rents, solve_families
from cge.app.unfolding import Kept, Named, result_folder, unfolded
from scenarios.groups import EVERYTHING, load_groups, load_sector_groups
from scenarios.problems import Problem, ScenarioError
from scenarios.reader import aggregation_files, library, policy_files, read_scenario
from scenarios.schema import Scenario
from scenarios.variants import case_name
from scenarios.yaml_lines import parse

if TYPE_CHECKING:
    from results.side_by_side import Column, SideBySide
    from results.side_by_side_figures import Context

Progress = Callable[[str], None]
MOST_WORDS = 3
"""Items of a list in the name of a package's version."""


@dataclass(frozen=True)
class Compared:
    """``result``: the figures side by side; ``columns``: every scenario's tables and manifest behind them."""

    result: SideBySide
    columns: tuple[Column, ...]


def compare(
    *scenarios: Named,
    indicators: Sequence[str] = (),
    regions: Sequence[str] = (),
    aggregation: str | None = None,
    plus: Sequence[str] = (),
    minus: Sequence[str] = (),
    focus: str | None = None,
    reference: str | None = None,
    reuse: bool = True,
    progress: Progress = lambda message: None,
) -> SideBySide:
    """Scenarios side by side; see `compared`, which gives the columns too."""
    return compared(
        *scenarios, indicators=indicators, regions=regions, aggregation=aggregation, plus=plus, minus=minus,
        focus=focus, reference=reference, reuse=reuse, progress=progress,
    ).result  # fmt: skip


def compared(
    *scenarios: Named,
    indicators: Sequence[str] = (),
    regions: Sequence[str] = (),
    aggregation: str | None = None,
    plus: Sequence[str] = (),
    minus: Sequence[str] = (),
    focus: str | None = None,
    reference: str | None = None,
    reuse: bool = True,
    decompose: bool = False,
    progress: Progress = lambda message: None,
) -> Compared:
    """Each of ``scenarios`` is a name of the library, a file, ``name:variant``, or the folder of a result
    or of a comparison (all results in it, with its packages and notes).

    Each package of ``plus`` and ``minus`` adds a version of every scenario, with or without it.
    ``indicators``: names of `results.side_by_side_figures` (default: its DEFAULT); ``regions``: rows in place
    of the chosen ones; ``reference``: whose gain is 100 %; ``reuse=False`` solves everything again;
    ``decompose``: with where welfare comes from, which needs no firms that enter and exit.
    Raises as `cge.app.api.run`; ResultsError when results do not share their accounts.
    """
    from results.side_by_side import side_by_side
    from results.side_by_side_figures import DEFAULT

    if not scenarios:
        raise ScenarioError([Problem("compare", None, "", "name at least one scenario")])
    solvable = [tuple(versions(n, plus, minus)) for n in scenarios if result_folder(n) is None]
    wanted = [version for some in solvable for version in some]
    asked = unfolded(scenarios, taken=[w.label for w in wanted])
    stored = {k.label: k.column() for k in asked.names if isinstance(k, Kept)}
    labels_of = iter([[version.label for version in some] for some in solvable])
    order = [
        label
        for name in asked.names
        for label in ([name.label] if isinstance(name, Kept) else next(labels_of))
    ]
    parts = _cumulative(wanted)
    rents = need_rents(wanted) or any("barriers, basis" in c.info["choices"] for c in stored.values())
    named = frozenset(w.label for w in wanted)
    # The last part of a scenario is the whole, which is named already.
    everything = [*wanted, *(p.wanted for p in parts if p.wanted.label not in named)]
    whole = named if decompose else frozenset()
    solved = _columns(everything, aggregation, rents=rents, reuse=reuse, decompose=whole, progress=progress)
    columns = tuple({**stored, **solved}[label] for label in order)
    chosen = _aggregation(wanted, aggregation, columns[0])
    context = _context(chosen, str(columns[0].info["supplier"]))
    names, notes = tuple(indicators), ()
    if not names:
        names, notes = with_jobs(
            [n for n in DEFAULT if "dependence" in columns[0].tables or not n.startswith("dependence")],
            context.groups,
        )
    result = side_by_side(
        columns,
        context=context,
        indicators=names,
        focus=focus or str(columns[0].info["focus"]),
        regions=regions,
        named=_named_regions(wanted, chosen),
        reference=reference,
        notes=(*notes, *asked.notes, *(_rents_note(wanted, stored) if rents else ()), *_paid_note(columns)),
    )
    more = list(asked.packages)
    if parts:
        more.append(_marginals(result, parts, solved, context))
    result = replace(result, notes=tuple(dict.fromkeys(result.notes)))
    if more:
        result = replace(result, packages=pd.concat(more, ignore_index=True))
    return Compared(result, columns)


def _paid_note(columns: Sequence[Column]) -> tuple[str, ...]:
    """Say whose welfare is after compensation of the displaced, and whose after their lost work too."""
    from results.side_by_side_figures import losses_in_model

    paying = [c for c in columns if "compensation" in c.tables]
    inside = {c.label: sorted(losses_in_model(c.tables) - {"WORLD"}) for c in paying}
    within = [f"{label} ({', '.join(regions)})" for label, regions in inside.items() if regions]
    account = [label for label, regions in inside.items() if not regions]
    out = []
    if within:
        out.append(
            f"{'; '.join(within)}: the displaced are paid and their lost work is inside the model. Welfare "
            "is after both, so the cost of adjustment is n/a beside it (the result's own table adjustment "
            "has it, against the gain before), and welfare of others is not like it: no best or worst "
            "between them."
        )
    if account:
        out.append(
            f"{'; '.join(account)}: the displaced are paid inside the model, their lost work is in the "
            "account: welfare is after the burden of the levy and before the cost of adjustment beside it."
        )
    if out and len(paying) < len(columns):
        out.append("Welfare of all others is before compensation and before the cost of adjustment.")
    return tuple(out)


def _rents_note(wanted: Sequence[Wanted], stored: Mapping[str, Column]) -> tuple[str, ...]:
    """Say whose numbers are not those of their own runs, because others beside them move barriers."""
    plain = [w.label for w in wanted if not need_rents([w])]
    if not plain:
        return ()
    moving = [w.label for w in wanted if w.label not in plain]
    moving += [n for n, c in stored.items() if "barriers, basis" in c.info["choices"]]
    verb = "moves" if len(moving) == 1 else "move"
    return (
        f"All stand on the benchmark with rents of barriers because {', '.join(moving)} {verb} barriers; "
        f"alone, {', '.join(plain)} would differ, at times by a fifth or more, because there nobody earns "
        "rents that can be won or lost.",
    )


def versions(name: Named, plus: Sequence[str], minus: Sequence[str]) -> Iterator[Wanted]:
    """The scenario that is named, then one version of it for every package to add and to leave out."""
    label, scenario = _read(name)
    yield Wanted(label, scenario)
    taken: dict[str, list[str]] = {}
    for package in plus:
        words = package_label(package)
        others = taken.setdefault(words, [])
        if package not in others:
            others.append(package)
        count = others.index(package) + 1
        words = words if count == 1 else f"{words} ({count})"
        yield Wanted(f"{label} +{words}", _with_packages(scenario, plus=(package,)))
    for package in minus:
        yield Wanted(f"{label} -{Path(package).stem}", _with_packages(scenario, minus=(package,)))


def package_label(entry: str) -> str:
    """A package to add in few words: ``deal``; ``deal depth 50% partners VNM THA`` with its parameters."""
    if not entry.lstrip().startswith("{"):
        return Path(entry).stem
    content = parse(entry, f"--plus {entry}")[0]
    words = [Path(str(content.get("package", "?"))).stem]
    words += [f"{name} {_short(value)}" for name, value in content.items() if name != "package"]
    return " ".join(words)


def _short(value: object) -> str:
    if isinstance(value, Mapping):
        return " ".join(f"{name} {_short(one)}" for name, one in value.items())
    if not isinstance(value, list | tuple):
        return str(value)
    more = [f"and {len(value) - MOST_WORDS} more"] if len(value) > MOST_WORDS else []
    return " ".join([*map(_short, value[:MOST_WORDS]), *more])


def _with_packages(scenario: Scenario, plus: tuple[str, ...] = (), minus: tuple[str, ...] = ()) -> Scenario:
    from scenarios.packages import with_packages

    return with_packages(scenario, plus=plus, minus=minus)


def _read(name: Named) -> tuple[str, Scenario]:
    if isinstance(name, Scenario):
        return case_name(name.title, name), name
    text = str(name)
    file, colon, variant = text.rpartition(":")
    if not colon or text in library() or Path(text).is_file():
        return Path(text).stem, read_scenario(text)
    scenario = read_scenario(file, variant)
    return case_name(Path(file).stem, scenario), scenario


def _columns(
    wanted: Sequence[Wanted],
    aggregation: str | None,
    *,
    rents: bool,
    reuse: bool,
    decompose: frozenset[str],
    progress: Progress,
) -> dict[str, Column]:
    """Every scenario's column by label, from the store or solved. ``decompose``: labels to decompose."""
    from results.side_by_side import Column

    out: dict[str, Column] = {}
    missing, keys, notes = [], {}, {}
    for one in wanted:
        keys[one.label] = run_store.key(
            one.scenario, aggregation=aggregation, rents=rents, decompose=one.label in decompose
        )
        found = run_store.find(keys[one.label], one.scenario, rents=rents) if reuse else run_store.Found(None)
        notes[one.label] = found.note
        if found.result is not None:
            out[one.label] = Column.of(one.label, found.result, "reused")
        else:
            missing.append(one)
    for solved in solve_families(missing, aggregation=aggregation, rents=rents, progress=progress):
        result = solved.comparison(decompose=solved.label in decompose)
        progress(f"{solved.label}: keeping the result")
        kept = run_store.keep(keys[solved.label], result)
        note = "; ".join(n for n in (notes[solved.label], kept) if n)
        out[solved.label] = Column.of(solved.label, result, "solved", note)
    return out


def _aggregation(wanted: Sequence[Wanted], name: str | None, column: Column) -> Aggregation:
    if wanted and name is None:
        scenario = wanted[0].scenario
        name_or_files = aggregation_files(scenario) or scenario.aggregation.name or "default"
        return load_aggregation(name_or_files)
    return load_aggregation(name or str(column.info["choices"]["aggregation"]))


def _context(chosen: Aggregation, supplier: str) -> Context:
    from results.side_by_side_figures import Context

    return Context(sector_groups(chosen), supplier)


def sector_groups(chosen: Aggregation) -> dict[str, tuple[str, ...]]:
    """Groups of sectors over the model's own sectors, those that the aggregation keeps apart."""
    industries = set(chosen.sectors)
    out = {}
    for group, members in load_sector_groups().groups.items():
        inside = industries & set(members)
        sectors = tuple(s for s in chosen.sector_codes() if any(chosen.sectors[i] == s for i in inside))
        if inside and all(i in inside for i, s in chosen.sectors.items() if s in sectors):
            out[group] = sectors
    return out


def with_jobs(names: Iterable[str], groups: Mapping[str, object]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Default figures with the jobs of manufacturing, or of the nearest group that the aggregation keeps
    apart; and what to say of it.
    """
    wanted = "jobs:manufacturing"
    if "manufacturing" in groups:
        return tuple(names), ()
    if "industrial" in groups:
        note = "this aggregation does not keep manufacturing apart: jobs are those of goods without agrifood"
        return tuple("jobs:industrial" if n == wanted else n for n in names), (note,)
    note = "this aggregation does not keep manufacturing apart: its jobs are not shown"
    return tuple(n for n in names if n != wanted), (note,)


def _named_regions(wanted: Sequence[Wanted], chosen: Aggregation) -> tuple[str, ...]:
    """Regions of the model that the shocks name, by themselves or in a group or agreement."""
    groups, economies = load_groups(), list(chosen.regions)
    out: dict[str, None] = {}
    for one in wanted:
        files = policy_files(one.scenario)
        for shock in one.scenario.shocks:
            sides = shock.between or ()
            names = [n for side in (shock.importers, shock.exporters, shock.among, shock.members, *sides)
                     for n in side or ()]  # fmt: skip
            agreement = shock.agreement or str(getattr(shock, "join", None) or "")
            if agreement in files.agreements:
                names.append(files.agreements[agreement].parties)
            for name in names:
                if name != EVERYTHING:
                    inside, _ = groups.expand(name, economies)
                    out |= dict.fromkeys(chosen.regions[r] for r in sorted(inside))
    return tuple(out)


@dataclass(frozen=True)
class _Part:
    """A scenario up to and with one of its packages."""

    of: str
    package: str
    wanted: Wanted


def _cumulative(wanted: Sequence[Wanted]) -> list[_Part]:
    """Every scenario with packages, package after package in the order of the file; the last is the whole."""
    out = []
    for one in wanted:
        order = package_names(one.scenario)
        if len(order) < 2:
            continue
        for n, package in enumerate(order[:-1], 1):
            part = only_packages(one.scenario, order[:n])
            out.append(_Part(one.label, package, Wanted(f"{one.label}: {' + '.join(order[:n])}", part)))
        out.append(_Part(one.label, order[-1], one))
    return out


def package_names(scenario: Scenario) -> tuple[str, ...]:
    """The packages of a scenario in order, its own shocks among them by a name of their own."""
    from scenarios.packages import package_names as names

    return names(scenario)


def only_packages(scenario: Scenario, names: Sequence[str]) -> Scenario:
    """The scenario with the shocks of these packages alone."""
    from scenarios.packages import only_packages as chosen

    return chosen(scenario, names)


def _marginals(
    result: SideBySide, parts: Sequence[_Part], solved: dict[str, Column], context: Context
) -> pd.DataFrame:
    """Rows scenario, package, indicator, unit, region, marginal, cumulative; marginals sum to the total."""
    rows = []
    for f in result.figures:
        before: dict[str, pd.Series] = {}
        for part in parts:
            now = f.of(solved[part.wanted.label].tables)
            step = now - before[part.of] if part.of in before else now
            before[part.of] = now
            frame = pd.DataFrame({"marginal": step, "cumulative": now}).rename_axis("region").reset_index()
            rows.append(frame.assign(scenario=part.of, package=part.package, indicator=f.name, unit=f.unit))
    columns = ["scenario", "package", "indicator", "unit", "region", "marginal", "cumulative"]
    return pd.DataFrame(pd.concat(rows, ignore_index=True)[columns])
