"""A multi-region, multi-sector computable general equilibrium model of world trade.

The packages below this one know nothing of files; ``cge.run`` and its relatives reach the composition root
`cge.app.api` only when asked for.
"""

from __future__ import annotations

from typing import Any

_FROM_API = ("run", "prepare", "solve", "comparison", "Case")
_ELSEWHERE = {"compare": "cge.app.comparing", "attribute": "cge.app.attributing",
              "dependence": "cge.app.depending", "report": "cge.app.reporting",
              "write": "cge.app.writing"}  # fmt: skip


def __getattr__(name: str) -> Any:
    """Reach the functions of `cge.app.api` and its neighbours by name."""
    if name in _FROM_API or name in _ELSEWHERE:
        from importlib import import_module

        return getattr(import_module(_ELSEWHERE.get(name, "cge.app.api")), name)
    raise AttributeError(f"module 'cge' has no attribute '{name}'")


def __dir__() -> list[str]:
    """Names offered to a notebook."""
    return [*globals(), *_FROM_API, *_ELSEWHERE]
