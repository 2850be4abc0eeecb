"""A design by its name."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from dataclasses import replace

from cge.designs.correlation import Correlations
from cge.designs.design import Design, DesignError
from cge.designs.distributions import Parameter
from cge.designs.listing import MOST_POINTS, QUANTILES, grid, listed, tornado
from cge.designs.quadrature import liu, stroud
from cge.designs.sampling import latin_hypercube, monte_carlo, sobol

KINDS = {
    "grid": "every combination of the listed values",
    "list": "the listed values side by side",
    "lhs": "Latin hypercube",
    "sobol": "Sobol points",
    "monte_carlo": "independent random draws",
    "stroud": "Gaussian quadrature of order 3, 2N points (GTAP's systematic sensitivity analysis)",
    "liu": "Gaussian quadrature of order 3, 4N points",
    "tornado": "one parameter at a time, low and high",
}
"""Names of the designs, in words."""

SAMPLES = {"lhs": latin_hypercube, "sobol": sobol, "monte_carlo": monte_carlo}
SIZES = {"lhs": 200, "sobol": 256, "monte_carlo": 1000}
"""Points of a sample that names no number."""
SEED = 1


def build_design(
    kind: str,
    parameters: Sequence[Parameter],
    *,
    points: int | None = None,
    seed: int | None = None,
    correlations: Correlations | None = None,
    quantiles: tuple[float, float] | None = None,
) -> Design:
    """The design of that name over these parameters.

    Args:
        kind: one of `KINDS`.
        parameters: what is varied, each with its distribution.
        points: size of a sample (default `SIZES`); of a grid the number it may have beyond the usual limit.
        seed: of a sample (default 1).
        correlations: rank correlations of a sample, linear ones of a quadrature.
        quantiles: low and high of a one-at-a-time design (default 5 % and 95 %).

    What a kind has no use for is said in the design's notes; correlations without effect are an error.

    Raises:
        DesignError: an unknown kind, or what the design itself refuses.
    """
    if kind not in KINDS:
        near = difflib.get_close_matches(kind.lower(), KINDS, n=1)
        hint = f"; did you mean '{near[0]}'?" if near else f"; there are {', '.join(KINDS)}"
        raise DesignError(f"no design '{kind}'{hint}")
    if correlations and kind in ("grid", "list", "tornado"):
        raise DesignError(f"the design '{kind}' names its points: correlations have no meaning in it")
    notes: list[str] = []
    if quantiles is not None and kind != "tornado":
        notes.append(f"quantiles were not used: they belong to tornado, not to {kind}")
    if kind in SAMPLES:
        size = SIZES[kind] if points is None else points
        chosen = SEED if seed is None else seed
        design = SAMPLES[kind](parameters, size, seed=chosen, correlations=correlations)
    elif kind == "grid":
        design = grid(parameters, limit=max(MOST_POINTS, points or 0))
    elif kind == "tornado":
        design = tornado(parameters, quantiles=quantiles or QUANTILES)
    else:
        design = _fixed(kind, parameters, correlations)
    if kind not in SAMPLES and kind != "grid" and points not in (None, len(design)):
        notes.append(f"{kind} has {len(design)} points whatever number is asked for ({points} was not used)")
    return replace(design, notes=(*design.notes, *notes))


def _fixed(kind: str, parameters: Sequence[Parameter], correlations: Correlations | None) -> Design:
    if kind == "list":
        return listed(parameters)
    rule = stroud if kind == "stroud" else liu
    return rule(parameters, correlations=correlations)
