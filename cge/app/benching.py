"""What `cge bench` measures: one size in this process, or each size in a fresh process of its own.

Peak memory belongs to a process and the first use of a library costs seconds, so sizes are comparable only
when each has its own. Counts (equations, evaluations, iterations) do not depend on the machine; seconds do.
"""

from __future__ import annotations

import json
import math
import statistics
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from cge.app.case import Case
    from cge.app.timer import Timer
    from cge.solution import Solution

STAGES = ("import", "data", "calibrate", "compile", "solve", "results")
"""From the start of the program to the table of one scenario."""
BUSY = 1.4
"""Seconds by the clock for one of computing, above which a machine is busy with something else."""
NEARBY = "trade"
"""What the nearby points move: every elasticity of trade, by a few percent."""


class BenchError(RuntimeError):
    """A size could not be measured; the message is what its process said."""


@dataclass(frozen=True)
class Record:
    """One size. ``counts`` do not depend on the machine, ``seconds`` and ``memory`` (MB) do.

    ``seconds``: by stage of `STAGES`, ``total`` their sum, ``processor`` what of it this process computed
    (all threads), ``point`` a nearby point of a sweep (median),
    ``evaluation`` seconds a residual evaluation of such a point, ``full_space`` where it was asked for.
    ``memory``: peak of the process of one scenario (``scenario``), of points (``point``), and with the
    full space.
    """

    name: str
    aggregation: str
    counts: Mapping[str, float] = field(default_factory=dict)
    seconds: Mapping[str, float] = field(default_factory=dict)
    memory: Mapping[str, int] = field(default_factory=dict)

    @property
    def busy(self) -> bool:
        """Whether other programs took so much of the machine that the seconds say little."""
        return self.seconds.get("total", 0) > BUSY * self.seconds.get("processor", 0)

    def text(self) -> str:
        """As one line of JSON."""
        return json.dumps(asdict(self))


def measure(scenario: str, aggregation: str | None, *, full_space: bool = False) -> Record:
    """One scenario from its file to its tables, and the full space if asked for, in this process.

    Raises what `cge.app.case.prepare` raises, and SolveError.
    """
    from cge.app import STARTED

    timer = _imported(STARTED)
    case, base, new = _one_scenario(scenario, aggregation, timer)
    from cge.app.doctor import peak_memory

    seconds = {stage: timer.seconds.get(stage, 0.0) for stage in STAGES}
    seconds["total"] = sum(seconds.values())
    seconds["processor"] = time.process_time()
    counts, memory = counted(case, base, new), {"scenario": peak_memory()}
    if full_space:
        found, took = _full_space(case)
        counts, seconds = {**counts, **found}, {**seconds, **took}
        memory["full space"] = peak_memory()
    return Record(case.name, case.aggregation.name, counts, seconds, memory)


def _imported(started: float) -> Timer:
    from cge.app import api

    return api.Timer({"import": time.perf_counter() - started})


def _one_scenario(scenario: str, aggregation: str | None, timer: Timer) -> tuple[Case, Solution, Solution]:
    from cge.app import api

    case = api.prepare(scenario, aggregation=aggregation, timer=timer)
    with timer.stage("compile"):
        case.model.compile()
    with timer.stage("solve"):
        base, new = api.solve(case)
    with timer.stage("results"):
        api.comparison(case, base, new)
    return case, base, new


def counted(case: Case, base: Solution, new: Solution) -> dict[str, float]:
    """Sizes of the model, and what the two solves of one scenario took together."""
    sets, both = case.model.parameters.sets, (base.certificate, new.certificate)
    return {
        "regions": len(sets.regions),
        "sectors": len(sets.sectors),
        **{name: new.certificate.sizes[name] for name in ("flows", "equations", "unknowns", "nonzeros")},
        "iterations": sum(c.iterations for c in both),
        "evaluations": sum(c.evaluations for c in both),
        "jacobians": sum(c.jacobians for c in both),
    }


def nearby(number: int) -> dict[str, float]:
    """Changes of the nearby point of that number: factors around 1, never 1 itself."""
    return {NEARBY: 1 + 0.02 * (1 + number // 2) * (1 if number % 2 else -1)}


def measure_points(scenario: str, aggregation: str | None, repeat: int) -> Record:
    """Nearby points of a sweep in this process: counts (means) and seconds (medians) a point, peak memory.

    Raises what the engine raises, and BenchError where a point has no solution.
    """
    from cge.app.case import read
    from cge.app.doctor import peak_memory
    from cge.app.sweeps.plan import ENGINE, TABLES, build

    began = time.perf_counter()
    engine = build(ENGINE, read(scenario), aggregation=aggregation, rents=None, tables=TABLES)
    ready = time.perf_counter() - began
    took, outcomes = [], []
    # The first point compiles what only points use.
    for number in range(repeat + 1):
        began = time.perf_counter()
        outcome = engine.solve(nearby(number))
        took.append(time.perf_counter() - began)
        if outcome.status == "failed":
            raise BenchError(f"the point {nearby(number)} has no solution: {outcome.reason}")
        outcomes.append(outcome)
    names = ("evaluations", "iterations", "jacobians")
    counts = {f"{n} a point": statistics.mean(o.counts.get(n, 0) for o in outcomes[1:]) for n in names}
    solving = statistics.median(o.seconds.get("solve", math.nan) for o in outcomes[1:])
    evaluations = statistics.median(o.counts.get("evaluations", 0) for o in outcomes[1:])
    seconds = {
        "engine": ready,
        "point": statistics.median(took[1:]),
        "point solve": solving,
        "evaluation": solving / evaluations if evaluations else math.nan,
    }
    return Record(scenario, aggregation or "", counts, seconds, {"point": peak_memory()})


def _full_space(case: Case) -> tuple[dict[str, float], dict[str, float]]:
    """All equations at once to IPOPT, from the benchmark to the policy; nothing where they are too many."""
    from cge.full_space import RouteError

    began = time.perf_counter()
    try:
        solved = case.model.solve(case.policy, space="full")
    except RouteError:
        return {}, {}
    return (
        {"iterations in the full space": solved.certificate.iterations},
        {"full space": time.perf_counter() - began},
    )


def measured(scenario: str, aggregation: str | None, *, repeat: int = 5, full_space: bool = False) -> Record:
    """`measure` in a fresh process, and `measure_points` in another: the peak memory of each is its own.

    Raises BenchError with the last line that a process wrote when it fails.
    """
    first = _apart(scenario, aggregation, ["--full-space"] if full_space else [])
    return first if not repeat else joined(first, points_apart(scenario, aggregation, repeat))


def points_apart(scenario: str, aggregation: str | None, repeat: int) -> Record:
    """`measure_points` in a fresh process; raises BenchError as `measured`."""
    return _apart(scenario, aggregation, ["--only-points", "--repeat", str(repeat)])


def joined(one: Record, other: Record) -> Record:
    """What two records of one size say together."""
    return replace(
        one,
        counts={**one.counts, **other.counts},
        seconds={**one.seconds, **other.seconds},
        memory={**one.memory, **other.memory},
    )


def _apart(scenario: str, aggregation: str | None, how: Sequence[str]) -> Record:
    where = [] if aggregation is None else ["--aggregation", aggregation]
    command = [
        sys.executable,
        "-m",
        "cge.app.cli",
        "bench",
        scenario,
        *where,
        "--repeat",
        "0",
        "--json",
        *how,
    ]
    done = subprocess.run(command, capture_output=True, text=True, encoding="utf-8")
    lines = done.stdout.strip().splitlines()
    if done.returncode or not lines:
        said = (done.stderr.strip() or "it said nothing").splitlines()[-1]
        where = f" on {aggregation}" if aggregation else ""
        raise BenchError(f"{scenario}{where}: the process ended with {done.returncode}: {said}")
    return read_record(lines[-1])


def read_record(text: str) -> Record:
    """A record from its JSON."""
    return Record(**json.loads(text))


def exponent(sizes: Sequence[float], values: Sequence[float]) -> float:
    """Slope of log value on log size by least squares; nan with fewer than two sizes or a value not above 0.

    Seconds that grow as flows to the power of one have 1. A value of nan, which was not taken, is left out.
    """
    pairs = [(s, v) for s, v in zip(sizes, values, strict=True) if not math.isnan(v)]
    if any(s <= 0 or v <= 0 for s, v in pairs) or len({s for s, _ in pairs}) < 2:
        return math.nan
    x, y = ([math.log(p[k]) for p in pairs] for k in (0, 1))
    return statistics.linear_regression(x, y).slope


def speed_up(scenario: str, aggregation: str | None, workers: int, points: int) -> dict[str, Any]:
    """Points a second with one worker and with several, each after its processes are ready.

    Solves the first ``points`` of a Latin hypercube over the standard set; nothing is read from or kept in a
    store.
    """
    from calibration.aggregate import load_aggregation
    from cge.app.case import read
    from cge.app.sweeps.plan import Plan
    from scenarios.reader import aggregation_files
    from scenarios.sweeping import Asked, make_design

    chosen = read(scenario)
    where = aggregation or aggregation_files(chosen) or chosen.aggregation.name or "default"
    design = make_design(chosen, load_aggregation(where).sectors, Asked(kind="lhs", points=points, seed=1))
    plan = Plan(chosen, design, aggregation=aggregation)
    rates = {count: _rate(plan, count) for count in (1, workers)}
    return {
        "points": points,
        "workers": workers,
        "points a second, one worker": rates[1],
        f"points a second, {workers} workers": rates[workers],
        "times": rates[workers] / rates[1],
    }


def _rate(plan: Any, workers: int) -> float:
    """Points a second over the last three quarters of the answers: what starting costs is left out."""
    from cge.app.sweeps.progress import Progress
    from cge.app.sweeps.running import run

    times: list[float] = []
    shown = Progress(point=lambda answer, tally: times.append(time.perf_counter()))
    result = run(plan, workers=workers, store="off", progress=shown)
    if result.share_failed:
        raise BenchError(f"{result.share_failed:.0%} of the points failed: their seconds are no measure")
    first = len(times) // 4
    return (len(times) - 1 - first) / (times[-1] - times[first])
