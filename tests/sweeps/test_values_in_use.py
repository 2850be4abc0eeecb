"""The scenario's own value of what a sweep varies, from which its effects are measured."""

from __future__ import annotations

from pathlib import Path

from cge.app.sweep_screen import plan_lines
from cge.app.sweeps.asking import planned, values_in_use
from scenarios.reader import parse_scenario
from scenarios.sweeping import Asked, parse_vary

TEXT = """
title: t
aggregation: small
assumptions: {spillover: 0.4}
shocks:
  - {tariff: {to: 10%}, between: [USA, CHN], sectors: manufacturing}
"""


def test_every_target_with_one_value_has_it(tmp_path: Path) -> None:
    asked = Asked(vary=tuple(map(parse_vary, (
        "trade[*]=uniform(0.5, 1)", "shocks[0].tariff.to=uniform(0%, 20%)",
        "assumptions.spillover=uniform(0, 0.5)", "assumptions.rent_share=uniform(0, 0.6667)",
        "value:sigma_m[C29]=uniform(2, 4)",
    ))))  # fmt: skip
    plan = planned(parse_scenario(TEXT, file="own.yaml", folder=tmp_path), asked)
    found = values_in_use(plan)
    assert found["shocks[0].tariff.to"] == 0.1 and found["assumptions.spillover"] == 0.4
    assert found["assumptions.rent_share"] == 0.5, "of the table of assumptions"
    factors = {t: v for t, v in found.items() if t.startswith("trade[")}
    assert len(factors) > 5 and set(factors.values()) == {1.0}
    assert "value:sigma_m[C29]" not in found, "it differs by sector of the data"
    said = " ".join(str(line) for line in plan_lines(plan, 0, None, 1))
    assert "not centred on the value in use: trade[" in said and "more; so the mean" in said


def test_words_have_their_value_too(tmp_path: Path) -> None:
    asked = Asked(vary=(parse_vary("closure.labour=[full_employment, wage_curve]"),))
    found = values_in_use(planned(parse_scenario(TEXT, file="own.yaml", folder=tmp_path), asked))
    assert found == {"closure.labour": "full_employment"}
