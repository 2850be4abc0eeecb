"""A multi-region, multi-sector computable general equilibrium model of world trade.

The model: ``blocks`` of equations composed by a ``formulation`` (``equation``, ``quantities``, ``axes``),
what is free and held (``closure``, ``swaps``, ``controls``), ``parameters``, and a ``model`` that gives a
``solution``.
Solving: ``reduced`` space (``search`` from an anchor or by a walk, ``settling`` the loops, ``jacobian``,
``secant`` updates, ``ipopt``) or ``full_space`` through ``pyomo_model``. Within a solve the equations run
arranged for speed: read as formulas (``symbols``), put in order (``lowering``), computed in place
(``workspace``, ``evaluating``); what counts as a solution is decided by the equations as they are written.
Derivatives of results: ``path`` forwards, ``adjoint`` backwards. ``designs`` are the points of sweeps.

The packages below this one know nothing of files; ``cge.run`` and its relatives reach the composition root
`cge.app.api` only when asked for.
"""

from __future__ import annotations

from typing import Any

_FROM_API = ("run", "prepare", "solve", "comparison", "Case")
_ELSEWHERE = {"compare": "cge.app.comparing", "attribute": "cge.app.attributing",
              "dependence": "cge.app.depending", "sensitivity": "cge.app.sensitivity",
              "report": "cge.app.reporting", "write": "cge.app.writing",
              "sweep": "cge.app.sweeps.asking"}  # fmt: skip


def __getattr__(name: str) -> Any:
    """Reach the functions of `cge.app.api` and its neighbours by name."""
    if name in _FROM_API or name in _ELSEWHERE:
        from importlib import import_module

        return getattr(import_module(_ELSEWHERE.get(name, "cge.app.api")), name)
    raise AttributeError(f"module 'cge' has no attribute '{name}'")


def __dir__() -> list[str]:
    """Names offered to a notebook."""
    return [*globals(), *_FROM_API, *_ELSEWHERE]
