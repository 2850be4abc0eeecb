"""Designs of experiments: which values of the varied parameters are solved, and what each counts for.

Pure mathematics: nothing here knows a file, a scenario or the model. ``distributions`` (with ``families``)
and their texts, ``sampling`` and ``correlation``, ``quadrature``, ``listing``; ``build`` makes a design by
name.
"""

from cge.designs.build import KINDS, SIZES, build_design
from cge.designs.correlation import Correlations
from cge.designs.design import Design, DesignError
from cge.designs.distributions import Distribution, Parameter, parse
from cge.designs.listing import grid, listed, tornado
from cge.designs.quadrature import liu, stroud
from cge.designs.sampling import latin_hypercube, monte_carlo, sobol

__all__ = [
    "KINDS", "SIZES", "Correlations", "Design", "DesignError", "Distribution", "Parameter", "build_design",
    "grid", "latin_hypercube", "listed", "liu", "monte_carlo", "parse", "sobol", "stroud", "tornado",
]  # fmt: skip
