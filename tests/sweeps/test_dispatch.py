"""What becomes of points when workers die, refuse, lose answers or never come; no process is started here."""

from __future__ import annotations

from typing import Any

import pytest
from sweep_plans import FakeClient, plan_of

from cge.app.sweeps import dispatch
from cge.app.sweeps.answer import Answer, Built, Task
from cge.app.sweeps.dispatch import Dispatch
from cge.app.sweeps.parcel import pack
from cge.app.sweeps.plan import SweepError


@pytest.fixture(autouse=True)
def _no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dispatch, "POLL", 0.001)
    monkeypatch.setattr(dispatch, "GONE", 0.002)


def ran(
    client: FakeClient, count: int, acts: dict[int, str] | None = None, **how: Any
) -> tuple[dict[int, Answer], list[str]]:
    plan, said = plan_of(count, acts), list[str]()
    tasks = [Task(n, plan.changes(n)) for n in range(1, count + 1)]
    items = list(Dispatch(client, pack(plan), say=said.append, **how).run(tasks))
    assert isinstance(items[0], Built)
    answers = [a for a in items if isinstance(a, Answer)]
    assert sorted(a.number for a in answers) == list(range(1, count + 1)), "every point once"
    return {a.number: a for a in answers}, said


def test_every_point_is_answered_once_and_both_workers_work() -> None:
    client = FakeClient(["a", "b"])
    answers, said = ran(client, 9)
    assert all(a.outcome.status == "solved" and a.keep for a in answers.values())
    assert {address for _, address in client.sent} == {"a", "b"} and not said


def test_a_point_whose_worker_dies_once_is_solved_on_another() -> None:
    client = FakeClient(["a", "b"], once=[4])
    answers, said = ran(client, 9)
    assert all(a.outcome.status == "solved" for a in answers.values())
    assert any("its worker was lost" in words for words in said)
    assert len({address for number, address in client.sent if number == 4}) == 2


def test_a_point_that_kills_workers_twice_fails_alone_and_is_not_kept() -> None:
    answers, _ = ran(FakeClient(["a", "b"]), 9, {4: "kill"})
    assert "2 workers were lost" in answers[4].outcome.reason and not answers[4].keep
    assert all(a.outcome.status == "solved" for n, a in answers.items() if n != 4)


def test_points_that_wait_behind_a_killer_are_never_blamed_for_it() -> None:
    client = FakeClient(["a"])
    answers, _ = ran(client, 12, {3: "kill", 5: "kill", 6: "kill"})
    failed = {n for n, a in answers.items() if a.outcome.status == "failed"}
    assert failed == {3, 5, 6}
    assert client.made - 1 <= 3 * 3, "three killers cost at most three workers each"


def test_an_answer_that_went_down_with_its_worker_is_solved_again() -> None:
    client = FakeClient(["a", "b"], lose=[2])
    answers, _ = ran(client, 6)
    assert answers[2].outcome.status == "solved"
    assert sum(number == 2 for number, _ in client.sent) == 2


def test_a_worker_that_refuses_is_said_and_the_others_go_on() -> None:
    refusal = SweepError(
        "worker b has other code and data: 123 there, 456 on the computer that runs the sweep"
    )
    client = FakeClient(["a", "b"], sick={"b": refusal})
    _, said = ran(client, 6)
    assert {address for _, address in client.sent} == {"a"}
    assert any("123 there, 456" in words for words in said)


def test_when_all_workers_refuse_the_sweep_ends_with_their_words() -> None:
    sick: dict[str, Exception] = {w: SweepError(f"worker {w} has other code") for w in "ab"}
    with pytest.raises(SweepError, match=r"no worker can solve.*\n.*worker [ab] has other code"):
        ran(FakeClient(["a", "b"], sick=sick), 3)


def test_workers_that_die_while_they_build_end_the_sweep_with_advice() -> None:
    with pytest.raises(SweepError, match="enough memory"):
        ran(FakeClient(["a", "b"], dies_building=["all"]), 3)


def test_without_any_worker_the_sweep_ends_after_the_patience() -> None:
    with pytest.raises(SweepError, match="no worker has been there"):
        ran(FakeClient([]), 3, patience=0.02)
    with pytest.raises(SweepError, match="no worker has been there"):
        ran(FakeClient(["a"], spare=0), 3, {1: "kill"}, patience=0.02)


def test_a_worker_that_took_longer_than_the_limit_is_not_tried_again() -> None:
    client = FakeClient(["a"])
    answers, _ = ran(client, 3, {2: "kill"}, limit=0.0)
    assert "--time-limit" in answers[2].outcome.reason and not answers[2].keep
    assert sum(number == 2 for number, _ in client.sent) == 1


def test_a_worker_that_is_missing_at_one_look_is_not_blamed(monkeypatch: pytest.MonkeyPatch) -> None:
    client, looks = FakeClient(["a", "b"]), 0
    there = client.nthreads

    def blinking() -> dict[str, int]:
        nonlocal looks
        looks += 1
        if looks == 3:
            raise OSError("no answer")
        return {} if looks % 2 == 0 else there()

    monkeypatch.setattr(client, "nthreads", blinking)
    monkeypatch.setattr(dispatch, "GONE", 60.0)
    monkeypatch.setattr(dispatch, "POLL", 0.0)
    answers, said = ran(client, 9)
    assert looks > 3 and not said
    assert all(a.outcome.status == "solved" for a in answers.values())
    assert len(client.sent) == 9, "no point is solved a second time"


def test_a_scheduler_that_does_not_answer_for_long_ends_the_sweep(monkeypatch: pytest.MonkeyPatch) -> None:
    client = FakeClient(["a"])

    def silent() -> dict[str, int]:
        raise OSError("no answer")

    monkeypatch.setattr(client, "nthreads", silent)
    monkeypatch.setattr(dispatch, "SILENT", 0.01)
    with pytest.raises(SweepError, match="the scheduler does not answer any more"):
        ran(client, 3)
