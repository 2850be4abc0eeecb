"""The cases of a sweep: made of the same stages as any case, each stage once for what it rests on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from calibration.aggregate import Aggregation
from cge.app.case import Case, built, read
from cge.app.stages import Stages
from cge.app.sweeps.plan import SweepError
from cge.closure import ClosureChoice
from cge.formulation import Formulation
from cge.model import Model
from cge.parameters import ParameterError, Parameters
from scenarios.carve_outs import products_file
from scenarios.memory import Above, Recent
from scenarios.reader import barrier_file, file_hash
from scenarios.schema import Scenario
from scenarios.varying import expand_targets, varied

KEPT = 2
"""Results kept of each stage, besides the central case's."""
MODELS = 8
"""Compiled models kept at a time."""


class Workbench:
    """Makes the cases of one scenario with changes, as `cge.app.case.prepare` makes them, only faster.

    Stages whose inputs did not change are not made again, and cases share the compiled derivatives of models
    with the same equations and closure. ``central`` is the scenario's own case. ``aggregation``: in place of
    the scenario's own; ``rents``: every case carries the rents of barriers, as in `prepare`. Elasticities too
    near to 1 are moved, and the case's ``elasticities.moved`` says so.
    """

    def __init__(
        self, scenario: Scenario | str | Path, *, aggregation: str | None = None, rents: bool | None = None
    ) -> None:
        self.scenario = read(scenario)
        self._name, self._rents = aggregation, bool(rents)
        self._stages = Stages(move_near_one=True)
        self._contents: dict[Path, str] = {}
        self._models: dict[tuple[Formulation, ClosureChoice], list[Model]] = {}
        self._label = Path(self.scenario.origin.file).stem
        self.aggregation: Aggregation = self._stages.aggregation(self.scenario, aggregation)
        self.central = self.case_at(self.scenario)
        memory = Above(below=self._stages.memory, recent=Recent(most=KEPT))
        self._stages = Stages(memory, move_near_one=True)

    def expand(self, targets: Sequence[str]) -> list[str]:
        """Targets with ``trade[*]`` written out over the sectors of the model; raises ScenarioError."""
        return expand_targets(self.scenario, self.aggregation, targets)

    def scenario_at(self, changes: Mapping[str, Any]) -> Scenario:
        """The scenario with these values by target; raises ScenarioError."""
        return varied(self.scenario, changes, self.aggregation)

    def case_at(self, scenario: Scenario) -> Case:
        """The case of the scenario with some changes; raises what `prepare` raises, SweepError as below."""
        self._require_same_files(scenario)
        return built(
            scenario, self._label, self._stages, aggregation=self._name, rents=self._rents,
            model_of=self._model,
        )  # fmt: skip

    def _require_same_files(self, scenario: Scenario) -> None:
        """Refuse a file that was changed since a case was first made of it: points would be of two scenarios.

        Raises SweepError naming the file, OSError where it is gone.
        """
        for path in (barrier_file(scenario), products_file(scenario)):
            if path is not None and self._contents.setdefault(path, found := file_hash(path)) != found:
                raise SweepError(f"{path.name} was changed while the sweep ran: start it again")

    def _model(self, parameters: Parameters, formulation: Formulation, choice: ClosureChoice) -> Model:
        """A model of these parameters, with the derivatives of one that has the same equations and cells."""
        alike = self._models.pop((formulation, choice), [])
        self._models[formulation, choice] = alike
        for known in alike:
            try:
                return known.recalibrated(parameters)
            except ParameterError:
                continue  # over other sets, or with other cells free; what is wrong is said below
        made = Model(parameters, formulation, choice)
        alike.append(made)
        while sum(map(len, self._models.values())) > MODELS:
            oldest = next(key for key, models in self._models.items() if models)
            self._models[oldest].pop(0)
            if not self._models[oldest]:
                del self._models[oldest]
        return made
