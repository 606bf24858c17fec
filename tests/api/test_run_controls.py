"""Changing a Run: which one is the control, and the statuses that are set by hand."""

import pytest

from tests.builders.evaluations import Evaluation, Lab
from tests.conftest import Api


def controls(evaluation: Evaluation) -> list[str]:
    return [run["id"] for run in evaluation.runs() if run["control"]]


def test_the_first_run_is_the_control_until_another_becomes_it(lab: Lab) -> None:
    prompt = lab.prompt()
    evaluation, other = lab.evaluation(prompt), lab.evaluation(prompt)
    first, second = evaluation.create_run(), evaluation.create_run()
    other.share(first), other.share(second)
    assert controls(evaluation) == [first.id]
    assert second.patch(control=True) == second.get()
    assert controls(evaluation) == [second.id]
    assert controls(other) == [first.id], "each evaluation has its own control"


def test_the_oldest_run_follows_a_control_that_is_removed(lab: Lab) -> None:
    evaluation = lab.evaluation(lab.prompt())
    runs = [evaluation.create_run() for _ in range(4)]
    runs[2].patch(control=True)
    runs[3].remove()
    assert controls(evaluation) == [runs[2].id], "another run's removal changes nothing"
    runs[2].remove()
    assert controls(evaluation) == [runs[0].id]
    runs[0].remove(), runs[1].remove()
    assert evaluation.runs() == []
    next_run = evaluation.create_run()
    assert controls(evaluation) == [next_run.id]


def test_the_control_cannot_be_given_up_only_handed_over(api: Api, lab: Lab) -> None:
    evaluation = lab.evaluation(lab.prompt())
    control, other = evaluation.create_run(), evaluation.create_run()
    with evaluation.unchanged():
        assert api.detail("PATCH", control.path, {"control": False}, status=409)["loc"] == ["body", "control"]
    assert other.patch(control=False)["control"] is False
    assert controls(evaluation) == [control.id]


@pytest.mark.parametrize("status", ["cancelled", "completed"])
def test_a_run_that_is_pending_or_running_can_be_ended(lab: Lab, status: str) -> None:
    prompt = lab.prompt()
    evaluation = lab.evaluation(prompt, lab.evaluator())
    pending, running = evaluation.create_run(), evaluation.create_run()
    running.add([lab.log(prompt)])
    assert (pending.status(), running.status()) == ("pending", "running")
    assert pending.patch(status=status)["status"] == running.patch(status=status)["status"] == status
    assert (pending.status(), running.status()) == (status, status)


@pytest.mark.parametrize("ended", ["cancelled", "completed", None])
def test_a_run_that_has_ended_keeps_its_status(api: Api, lab: Lab, ended: str | None) -> None:
    prompt = lab.prompt()
    evaluation = lab.evaluation(prompt)
    run = evaluation.create_run()
    if ended:
        run.patch(status=ended)
    else:
        run.add([lab.log(prompt)])
        assert run.status() == "completed"
    with evaluation.unchanged():
        for status in ("cancelled", "completed"):
            detail = api.detail("PATCH", run.path, {"status": status}, status=409)
            assert (detail["loc"], detail["type"]) == (["body", "status"], "conflict_error")


@pytest.mark.parametrize("status", ["pending", "running", "done", 3])
def test_no_other_status_can_be_set(api: Api, lab: Lab, status: object) -> None:
    evaluation = lab.evaluation(lab.prompt())
    run = evaluation.create_run()
    with evaluation.unchanged():
        api.detail("PATCH", run.path, {"status": status}, status=422)


def test_a_refused_status_moves_no_control_either(api: Api, lab: Lab) -> None:
    evaluation = lab.evaluation(lab.prompt())
    evaluation.create_run()
    run = evaluation.create_run()
    run.patch(status="cancelled")
    with evaluation.unchanged():
        api.detail("PATCH", run.path, {"status": "completed", "control": True}, status=409)


def test_control_and_status_can_change_together(lab: Lab) -> None:
    evaluation = lab.evaluation(lab.prompt())
    evaluation.create_run()
    changed = evaluation.create_run().patch(control=True, status="cancelled")
    assert (changed["control"], changed["status"]) == (True, "cancelled")


def test_a_patch_of_nothing_changes_nothing(lab: Lab) -> None:
    run = lab.evaluation(lab.prompt()).create_run()
    before = run.get()
    assert run.patch() == run.patch(control=None, status=None) == before
