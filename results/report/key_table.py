"""The table of headline figures: packages in columns, figures of the focus in rows, most and least marked.

The figures are those of `results.side_by_side_figures`, each made here from its rows so that it can be
traced.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from results.report.facts import Book, Fact, Value, dollars_scale
from results.report.ranges import end
from results.report.reading import Reading
from results.report.words_dependence import supplier_share
from results.report.words_jobs import cost_share, gained, lost, share_under
from results.report.words_trade import created, diverted
from results.terminal import places
from results.tidy import WORLD

MOST, LEAST = "most", "least"
NOBODY = "-"
"""A label that no region has."""
JOBS_IN = ("manufacturing", "industrial")
"""Groups whose jobs are shown: the first that the aggregation keeps apart."""


@dataclass(frozen=True)
class Figure:
    """``better``: +1 higher, -1 lower, 0 takes no side; ``usd``: a sum in USD million, printed in one unit
    over the row; else ``scale`` and ``decimals`` hold; ``ends``: low and high.
    """

    title: str
    unit: str
    of: Callable[[Book], Value]
    better: int = 0
    usd: bool = False
    scale: float = 1.0
    decimals: int = 2
    sign: bool = True
    ends: tuple[Callable[[Book], Value], ...] = ()


@dataclass(frozen=True)
class Row:
    """A row as printed: ``cells`` by package, a fact and its mark ("best", "worst" or ""); ``ends`` by
    package: low and high, or nothing.
    """

    title: str
    unit: str
    cells: tuple[tuple[Fact, str], ...]
    ends: tuple[tuple[Fact, ...], ...]


@dataclass(frozen=True)
class Block:
    """Rows under one heading."""

    heading: str
    rows: tuple[Row, ...]


def blocks(r: Reading) -> tuple[Block, ...]:
    """Figures of the focus, then partners, third countries and the world beside it."""
    found = (
        (r.labels.region(r.focus), _focus(r)),
        ("Adjustment", _adjustment(r)),
        ("Trade and dependence", _trade(r)),
        ("Others", _others(r)),
    )
    out = []
    for heading, figures in found:
        rows = [_row(r, f) for f in figures]
        rows = [row for row in rows if any(fact.value.exists for fact, _ in row.cells)]
        if rows:
            out.append(Block(heading, tuple(rows)))
    return tuple(out)


def _focus(r: Reading) -> list[Figure]:
    def share(name: str) -> Callable[[Book], Value]:
        return lambda b: b.regional(name, r.focus, "percent")

    def swept(name: str) -> tuple[Callable[[Book], Value], ...]:
        return tuple(lambda b, s=s: end(b, name, r.focus, s) for s in ("low", "high"))

    return [
        Figure("Welfare", "% of national income", share("welfare_ev"), 1, ends=swept("welfare_ev")),
        Figure("Welfare", "USD {}, a year", lambda b: b.regional("welfare_ev", r.focus), 1, usd=True),
        Figure("Real GDP", "%", share("real_gdp"), 1, ends=swept("real_gdp")),
        Figure("Real wage", "%", share("real_wage"), 1),
        Figure("Exports, volume", "%", share("exports_volume")),
        Figure("Tariff revenue", "USD {}, a year", lambda b: b.regional("tariff_revenue", r.focus), usd=True),
        *_jobs(r),
    ]


def _jobs(r: Reading) -> list[Figure]:
    group = next((g for g in JOBS_IN if r.labels.groups.get(g)), None)
    if group is None:
        return []
    sectors = " ".join(r.labels.groups[group])
    return [
        Figure(f"Jobs in {group.replace('industrial', 'goods without agrifood')}", "thousand",
               lambda b: b.total("jobs", "jobs", r.focus, sector=sectors, partner=""), decimals=1)
    ]  # fmt: skip


def _adjustment(r: Reading) -> list[Figure]:
    def by_sector(name: str) -> Callable[[Book], Value]:
        return lambda b: b.total("adjustment", name, r.focus)

    def once(name: str) -> Callable[[Book], Value]:
        return lambda b: b.row("adjustment", name, r.focus)

    def ranged(title: str, name: str) -> Figure:
        return Figure(title, "USD {}, once", once(f"{name}_central"), usd=True, sign=False,
                      ends=tuple(once(f"{name}_{s}") for s in ("low", "high")))  # fmt: skip

    return [
        Figure("Jobs gained in growing sectors", "thousand", lambda b: gained(b, r.focus), decimals=1),
        Figure("Jobs lost in shrinking sectors", "thousand", lambda b: lost(b, r.focus), decimals=1,
               sign=False),
        Figure("Workers displaced", "thousand", by_sector("displaced_gross"), decimals=1, sign=False),
        Figure("Workers displaced beyond attrition", "thousand",
               by_sector("displaced_beyond_attrition_central"), decimals=1, sign=False,
               ends=tuple(by_sector(f"displaced_beyond_attrition_{s}") for s in ("low", "high"))),
        ranged("Cost of adjustment, all displaced", "adjustment_cost_gross"),
        ranged("Cost of adjustment, those beyond attrition", "adjustment_cost"),
        Figure("Cost of adjustment against the gain", "% of its present value",
               lambda b: cost_share(b, r.focus), decimals=1, sign=False,
               ends=tuple(lambda b, s=s: share_under(b, r.focus, s) for s in ("low", "high"))),
        Figure("Retraining, who takes part", "thousand", once("retraining_participants_central"), decimals=1,
               sign=False, ends=tuple(once(f"retraining_participants_{s}") for s in ("low", "high"))),
        ranged("Retraining, its cost", "retraining_cost"),
    ]  # fmt: skip


def _trade(r: Reading) -> list[Figure]:
    supplier = str(r.books[0].column.info["supplier"])
    name = r.labels.region(supplier)

    def points(kind: str) -> Callable[[Book], Value]:
        return lambda b: supplier_share(b, r.focus, kind, "change")

    found = [
        Figure("Imports created", "USD {}, a year", lambda b: created(b, r.focus, "importer"), usd=True),
        Figure("Imports diverted", "USD {}, a year", lambda b: diverted(b, r.focus, "importer"), usd=True,
               sign=False),
        Figure("Exports created", "USD {}, a year", lambda b: created(b, r.focus, "exporter"), usd=True),
        Figure("Exports diverted (won from others)", "USD {}, a year",
               lambda b: diverted(b, r.focus, "exporter"), usd=True),
    ]  # fmt: skip
    if supplier != r.focus:
        found += [
            Figure(
                f"Share of {name} in imports",
                "points",
                lambda b: b.row("dependence", "import_share_total", r.focus, partner=supplier),
                scale=100,
            ),
            Figure(f"Share of {name} in all purchases", "points", points("direct"), scale=100, decimals=3),
            Figure(f"Share of {name}, through inputs", "points", points("embodied"), scale=100, decimals=3),
        ]
    return found


def _others(r: Reading) -> list[Figure]:
    def in_sum(which: Callable[[Book], tuple[str, ...]]) -> Callable[[Book], Value]:
        def of(b: Book) -> Value:
            regions = " ".join(which(b)) or NOBODY
            return b.total("indicators", "welfare_ev", regions, sector="", partner="")

        return of

    sides = {r.sides(b) for b in r.books}
    one, other = next(iter(sides)) if len(sides) == 1 else ("those who take part", "those who do not")
    return [
        Figure(f"Welfare of {one}, in sum", "USD {}, a year", in_sum(r.partners), usd=True),
        Figure(f"Welfare of {other}, in sum", "USD {}, a year", in_sum(r.outsiders), usd=True),
        Figure("Welfare of the world", "USD {}, a year", lambda b: b.regional("welfare_ev", WORLD), 1,
               usd=True),
        Figure("Welfare of the world", "% of income", lambda b: b.regional("welfare_ev", WORLD, "percent"),
               1),
    ]  # fmt: skip


def _row(r: Reading, f: Figure) -> Row:
    values = [f.of(b) for b in r.books]
    bounds = [[end(b) for end in f.ends] for b in r.books]
    scale, decimals, unit = f.scale, f.decimals, f.unit
    if f.usd:
        scale, decimals, word = dollars_scale([v.raw for v in (*values, *(v for two in bounds for v in two))])
        unit = f.unit.format(word)
    facts = [Fact(v, scale, decimals, f.sign) for v in values]
    finer = [places([v.raw * scale for v in two], decimals, decimals + 3) for two in bounds]
    ends = [tuple(Fact(v, scale, d, f.sign) for v in two) for two, d in zip(bounds, finer, strict=True)]
    ends = [
        two if all(e.value.exists for e in two) and len({e.text for e in two}) > 1 else () for two in ends
    ]
    marked = marks(facts, f.better if r.comparable else 0)
    return Row(f.title, unit, tuple(zip(facts, marked, strict=True)), tuple(ends))


def marks(facts: list[Fact], better: int) -> list[str]:
    """Most and least of a row; "" where the row takes no side or all print the same, and on what prints as
    zero.
    """
    known = [f for f in facts if f.value.exists]
    if better == 0 or len(known) < 2 or len({f.text for f in known}) == 1:
        return [""] * len(facts)
    order = sorted(known, key=lambda f: f.value.raw * better)
    worst, best = order[0].text, order[-1].text
    return ["" if not f.value.exists or not f.direction else MOST if f.text == best else
            LEAST if f.text == worst else "" for f in facts]  # fmt: skip
