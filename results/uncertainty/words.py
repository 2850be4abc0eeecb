"""What a sweep, its bands and its targets are, in words."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from results import dictionary
from results.uncertainty.inputs import SOLVED, Points, many

DESIGNS = {
    "stroud": "Gaussian quadrature (Stroud)", "liu": "Gaussian quadrature (Liu)", "lhs": "Latin hypercube",
    "latin_hypercube": "Latin hypercube", "sobol": "Sobol sequence", "monte_carlo": "Monte Carlo",
    "grid": "grid", "list": "list of points", "listed": "list of points", "tornado": "one target at a time",
}  # fmt: skip
ELASTICITIES = {
    "trade": "Trade elasticities", "sigma_m": "Elasticity between suppliers",
    "sigma_d": "Elasticity between home and imports", "sigma_va": "Elasticity between factors",
}  # fmt: skip
INSTRUMENTS = {
    "tariff": "tariff", "depth": "depth", "members": "members", "export_tax": "export tax", "rate": "rate",
    "to": "", "add": "added", "band": "band", "effect": "effect",
}  # fmt: skip
LEFT = {
    "quadrature": "without them the quadrature no longer integrates; mean and sd are of the others, "
    "re-weighted, and biased",
    "sampled": "statistics are of the others: where solutions fail for a reason, the results they "
    "would have are not in the band",
    "enumerated": "the range is of the others",
}
"""What failed points do to what is said, by kind of design."""
AFTER = {
    "elasticities above the ceiling were cut to it": (
        ", and their ratio to others, such as sigma_m : sigma_d, is not kept there"
    )
}
"""What follows from what was done to points."""
FEW = 20
"""Points of a sample below which the ends of its band are hardly more than its smallest and largest."""


def design(kind: str) -> str:
    """A kind of design in words."""
    return DESIGNS.get(kind, kind.replace("_", " "))


def counted(p: Points) -> str:
    """``Gaussian quadrature (Stroud), 90 points: 89 solved, 1 failed (1.1 %)``; the failed always."""
    text = f"{design(p.design.kind)}, {many(p.planned, 'point')}: {p.solved} solved, {p.failed} failed"
    share = 100 * p.failed / p.planned if p.planned else 0.0
    text += f" ({share:.1f} %)"
    return f"{text}, {p.missing} not done" if p.missing else text


def band(p: Points) -> str:
    """What the band means."""
    lost = p.failed + p.missing
    if p.solved < 2:
        verb = "has" if p.solved == 1 else "have"
        return f"No band: {p.solved} of {many(p.planned, 'point')} {verb} a solution."
    if p.kind == "sampled":
        text = "The band holds nine tenths of the points (quantiles 5 to 95)"
        after = f"; without the {lost} of {many(p.planned, 'point')} that have no solution" if lost else ""
        return f"{text} of the distributions that were stated{after}."
    if p.kind == "quadrature":
        text = (
            "The band is Chebyshev's: at least 95 % of any distribution with this mean and standard "
            "deviation lies within 4.47 standard deviations of the mean. It is wide because it asks nothing "
            "of the shape"
        )
        after = (
            f". {lost} of {many(p.planned, 'point')} have no solution: mean and sd are biased" if lost else ""
        )
        return f"{text}{after}."
    return "The band is the range over the points that were solved; no probability goes with it."


WHY = {
    "centre": "the ranges are not centred on the values in use", "bend": "the results bend in what is varied",
    "both": "the ranges are not centred on the values in use, and the results bend besides",
    "open": "the results bend, or the ranges are not centred on the values in use",
}  # fmt: skip
"""Why a mean is not the central value, see `results.uncertainty.centring.reason`."""


def notes(p: Points, bands: pd.DataFrame, focus: str, why: str = "open") -> list[str]:
    """What must be known to read the tables; ``why``: a key of `WHY`."""
    out = []
    if p.solved == 0:
        out.append("no point has a solution: there are no statistics, no bands and no effects")
    elif p.solved == 1:
        out.append("one point has a solution: there is no standard deviation and no band")
    if p.missing:
        out.append(
            f"{p.missing} of {many(p.planned, 'point')} are not done: the statistics are of a part of the "
            "design; start the same sweep again to complete it"
        )
    if p.failed and p.solved:
        how = "no statistics are left" if p.solved == 1 else LEFT[p.kind]
        out.append(
            f"{p.failed} of {many(p.planned, 'point')} failed ({100 * p.failed / p.planned:.1f} %): {how}"
        )
    if p.kind == "sampled" and 2 <= p.solved < FEW:
        out.append(f"{p.solved} points are few: the ends of the bands are hardly more than the smallest and "
                   "the largest of them")  # fmt: skip
    outside = bands.loc[~bands["inside"].to_numpy(dtype=bool)] if len(bands) else bands
    outside = outside.loc[((outside["sector"] == "") & (outside["region"] == focus)).to_numpy()]
    found = list(dict.fromkeys(
        dictionary.label(str(r["table"]), str(r["indicator"])) for r in outside.to_dict("records")
    ))  # fmt: skip
    if found:
        more = f" and {len(found) - 3} more" if len(found) > 3 else ""
        what = f"{', '.join(found[:3])}{more} of {focus}"
        out.append(f"the central value lies outside its own band for {what}: {WHY[why]}")
    return out


def done_to_points(notes: Sequence[Sequence[str]], statuses: Sequence[str]) -> list[str]:
    """What was done to the values of points that nobody asked for, counted: a note's kind is what stands
    before its first colon.
    """
    found: dict[str, list[tuple[int, str]]] = {}
    for number, (mine, status) in enumerate(zip(notes, statuses, strict=False), start=1):
        kinds = dict(reversed([(n.partition(": ")[0], n.partition(": ")[2]) for n in mine]))
        for kind, rest in kinds.items() if status == SOLVED else ():
            found.setdefault(kind, []).append((number, rest))
    solved = sum(s == SOLVED for s in statuses)
    out = []
    for kind, lines in found.items():
        number, rest = lines[0]
        first = f"the first, point {number}: {rest}" if rest else f"the first is point {number}"
        out.append(f"{len(lines)} of {many(solved, 'point')} with a solution: {kind} ({first})"
                   f"{AFTER.get(kind, '')}; the table of points has all")  # fmt: skip
    return out


def target(name: str, sectors: Mapping[str, str]) -> str:
    """A target in words: ``trade[C29]`` gives "Trade elasticities: Motor vehicles"."""
    base, _, inside = name.removesuffix("]").partition("[")
    setting = base.startswith("value:")
    base = base.removeprefix("value:")
    if base in ELASTICITIES:
        words = ELASTICITIES[base] + (", value" if setting else "")
        where = "every sector" if inside == "*" else sectors.get(inside, inside.replace("_", " "))
        return f"{words}: {where}" if inside else words
    if name.startswith("assumptions."):
        words = name.removeprefix("assumptions.").replace("_", " ")
        return words[:1].upper() + words[1:]
    found = re.fullmatch(r"shocks\[(\d+)\]\.(.*)", name)
    if found:
        path = [INSTRUMENTS.get(x, x.replace("_", " ")) for x in found[2].split(".")]
        return f"Measure {int(found[1]) + 1}: {' '.join(filter(None, path))}"
    words = name.replace(".", ", ").replace("_", " ")
    return words[:1].upper() + words[1:]


STILL = 1e-6
"""Percent, or the unit, below which nothing moves."""


def direction(row: Mapping[str, object]) -> tuple[str, float]:
    """What is known of the sign of a number, from its row of ``bands``, and the share or bound that goes with
    it: ``up`` or ``down`` in a share of the points, ``same`` in a share of them, ``still`` (it does not
    move), ``least up`` or ``least down`` with a bound, ``all up`` or ``all down`` at all points, ``open``.
    """
    names = ("share_up", "share_down", "share_same", "sign_at_least", "mean")
    up, down, same, least, mean = (float(str(row.get(k, "nan"))) for k in names)
    low, high, central = (float(str(row[k])) for k in ("low", "high", "central"))
    if np.isfinite([up, down]).all():
        same = 1 - up - down if np.isnan(same) else same
        return _by_shares(up, down, same)
    if max(abs(low), abs(high), abs(central)) <= STILL:
        return "still", 1.0
    if np.isfinite([least, mean]).all():
        word = "least up" if mean > 0 else "least down"
        return (word, least) if least >= 0.5 else ("open", float("nan"))
    return ("all up" if low > 0 else "all down" if high < 0 else "open"), float("nan")


def _by_shares(up: float, down: float, same: float) -> tuple[str, float]:
    shares = {"up": up, "down": down, "same": same}
    word = max(shares, key=lambda k: shares[k])
    if word == "same" and same > 1 - 1e-12:
        return "still", 1.0
    tie = sum(abs(s - shares[word]) < 1e-12 for s in shares.values()) > 1
    return ("open", float("nan")) if tie else (word, shares[word])


def sign(row: Mapping[str, object]) -> str:
    """What is known of the sign of a number, short."""
    word, share = direction(row)
    if word in ("up", "down", "same"):
        return f"{word} in {100 * share:.0f} %"
    if word.startswith("least "):
        return f"{word.removeprefix('least ')} >= {100 * np.floor(100 * share + 1e-9) / 100:.0f} %"
    return {"still": "does not move", "all up": "up in all", "all down": "down in all"}.get(word, "open")


def share(value: float) -> str:
    """A share of variance in percent; Pratt's below zero is no share."""
    if not np.isfinite(value):
        return "n/a"
    return "< 0" if round(100 * value, 1) < 0 else f"{100 * max(value, 0.0):.1f}"
