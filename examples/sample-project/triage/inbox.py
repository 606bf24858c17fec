"""Sorts letters to the support team."""

import os
from dataclasses import dataclass
from functools import cache

from humanloop import Humanloop

PROMPT = "support/Topic of a letter"
FEEDBACK = "support/Right topic"
TOPICS = ("billing", "delivery", "returns")
UNSORTED = "unsorted"
PATIENT = {"max_retries": 4}  # the SDK counts from two: it tries twice more


@dataclass(frozen=True)
class Letter:
    """A letter with its topic, and the Log that says how the topic was found."""

    text: str
    topic: str
    log_id: str


@cache
def client() -> Humanloop:
    """Return the client of this process."""
    return Humanloop(api_key=os.environ["HUMANLOOP_API_KEY"])


def sort(text: str) -> Letter:
    """Let the Prompt find the topic of a letter; what it makes up is no topic."""
    answer = client().prompts.call(path=PROMPT, inputs={"letter": text}, request_options=PATIENT)
    topic = (answer.logs[0].output or "").strip().lower()
    return Letter(text, topic if topic in TOPICS else UNSORTED, answer.id)


def spell_out(text: str) -> str:
    """Return the Prompt's answer as it comes, piece by piece."""
    pieces = client().prompts.call_stream(path=PROMPT, inputs={"letter": text})
    return "|".join(piece.output for piece in pieces if piece.output)


def correct(letter: Letter, topic: str) -> None:
    """Tell Humanloop whether the topic was right, as somebody of the team sees it."""
    client().evaluators.log(path=FEEDBACK, parent_id=letter.log_id, judgment=letter.topic == topic)


def share_of_right_topics() -> float:
    """Return how many of the topics that somebody looked at were right."""
    file = client().files.retrieve_by_path(path=FEEDBACK)
    judgments = [log.judgment for log in client().logs.list(file_id=file.id)]
    return sum(map(bool, judgments)) / len(judgments)
