"""The inbox, with an emulator instead of Humanloop: each test begins with the workspace in `seed`."""

from typing import Any

import httpx
import pytest
from humanloop.core.api_error import ApiError
from humanloop.error import HumanloopRuntimeError
from triage import inbox


@pytest.fixture(autouse=True)
def model(humanloop: Any) -> None:
    """Let the model know two topics, and make one up for the rest."""
    humanloop.models.add(reply="gardening")
    humanloop.models.add(match={"message": "parcel|driver"}, reply="Delivery")
    humanloop.models.add(match={"message": "invoice"}, reply=" billing\n")


@pytest.mark.parametrize(
    ("text", "topic"),
    [
        ("Where is my parcel?", "delivery"),
        ("The invoice is wrong.", "billing"),
        ("My roses have lice.", "unsorted"),
    ],
)
def test_letters_are_sorted(text: str, topic: str) -> None:
    assert inbox.sort(text).topic == topic


def test_the_letter_is_what_the_prompt_is_asked(humanloop: Any) -> None:
    inbox.sort("Where is my parcel?")
    [request] = humanloop.journal.assert_called("POST", "/v5/prompts/call", times=1)
    assert request.body["inputs"] == {"letter": "Where is my parcel?"}


def test_answers_come_in_pieces(humanloop: Any) -> None:
    humanloop.models.add(reply="billing and delivery")
    assert inbox.spell_out("Two things.").split("|") == ["billing", " and", " delivery"]


def test_corrections_count(humanloop: Any) -> None:
    parcel, invoice = inbox.sort("Where is my parcel?"), inbox.sort("The invoice is wrong.")
    inbox.correct(parcel, "delivery")
    inbox.correct(invoice, "returns")
    assert inbox.share_of_right_topics() == 0.5


def test_nothing_is_left_of_the_other_tests(humanloop: Any) -> None:
    [organisation] = humanloop.state.counts()
    assert (organisation["logs"], organisation["files"]) == (0, {"evaluator": 1, "prompt": 1})


def test_a_short_breakdown_goes_unnoticed(humanloop: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("time.sleep", lambda seconds: None)
    humanloop.faults.add(operation="prompts.call", status=503, times=2)
    assert inbox.sort("Where is my parcel?").topic == "delivery"


def test_a_long_breakdown_is_told(humanloop: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("time.sleep", lambda seconds: None)
    humanloop.faults.add(operation="prompts.call", status=503)
    with pytest.raises(HumanloopRuntimeError) as raised:
        inbox.sort("Where is my parcel?")
    assert isinstance(raised.value.__cause__, ApiError) and raised.value.__cause__.status_code == 503


def test_a_connection_that_breaks_is_told(humanloop: Any) -> None:
    humanloop.faults.add(operation="prompts.call", cut=True)
    with pytest.raises(HumanloopRuntimeError) as raised:
        inbox.sort("Where is my parcel?")
    assert isinstance(raised.value.__cause__, httpx.RemoteProtocolError)
