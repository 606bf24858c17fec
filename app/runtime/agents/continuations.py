"""Continuing Agents: the Log that waits holds the conversation, and the caller's messages are added to it."""

from collections.abc import Generator
from itertools import takewhile

from ...errors import Conflict, Invalid
from ...json_types import JsonObject
from ...kinds import AGENT, KINDS
from ...kinds.base import COMPLETE
from ...services.files import links
from ...services.logs import traces, updates
from ...services.logs.documents import LogRow, get_log, read_log
from ...services.workspace import Workspace
from ..calls import new_target
from ..engines import Engines
from ..providers.base import Message
from .calls import AgentRequest
from .logs import Event, Trace, store_below
from .work import Agent, Session

LOC = ("body", "log_id")
KEPT = ("inputs", "start_time")
"""The fields that a Log keeps from its first call."""


def continue_agent(ws: Workspace, engines: Engines, body: JsonObject) -> JsonObject | Generator[JsonObject]:
    """Continue an Agent that waits for tool results; return its Log or, with `stream`, the events as they happen."""
    return Continuation(ws, engines, body).serve()


class Continuation(AgentRequest):
    """A request that continues an Agent's Log."""

    opening = Event("agent_turn_continue", "The agent continues.")

    def __init__(self, ws: Workspace, engines: Engines, body: JsonObject) -> None:
        """Find the Log and the calls it waits for; errors in the request are raised here."""
        session = Session(ws, engines, body.get("provider_api_keys") or {})
        with ws.reading():
            self._row, self._log_before = _waiting(ws, body["log_id"])
            (version,) = links.versions(ws, [self._row.version_id])
            target = new_target(ws, version, body["log_id"])
            conversation = _conversation(self._log_before)
            _check(conversation, self._log_before["output_message"], body["messages"])
            agent = Agent(
                session,
                target,
                self._log_before["inputs"],
                [*conversation, *body["messages"]],
                tool_choice=self._log_before["tool_choice"],
            )
        agent.add(self._log_before)
        trace = Trace(self._log_before["trace_id"], self._log_before["trace_flow_id"])
        super().__init__(ws, agent, body, trace)

    def store(self) -> None:
        """Store the Logs; if the model failed at once, the Log stays as it is, for another try [A]."""
        if self.agent.failed_at_once:
            return
        fields = {name: value for name, value in self.agent.fields().items() if name not in KEPT}
        with self.ws.writing():
            row, _ = _waiting(self.ws, self.agent.target.log_uid)
            if row.document != self._row.document:
                description = f"Another request has continued log '{row.uid}' in the meantime."
                raise Conflict("The agent was continued.", description, loc=LOC)
            store_below(self.ws, row.uid, self.agent.children, self._log_before)
            updates.update(self.ws, AGENT, None, row.uid, fields)


def _waiting(ws: Workspace, uid: str) -> tuple[LogRow, JsonObject]:
    """Return a Log that waits for tool results; if it does not, or its messages were not saved: Conflict."""
    row = get_log(ws, uid, loc=LOC)
    if not KINDS[row.kind].works:
        raise Conflict("Not the log of an agent.", f"Log '{uid}' is the log of a {row.kind}.", loc=LOC)
    if row.status == COMPLETE:
        raise Conflict("The log is complete.", f"Log '{uid}' is complete: its agent cannot be continued.", loc=LOC)
    traces.position_below(ws, uid)
    log = read_log(ws, uid)
    if log["save"] is False:
        description = f"Log '{uid}' was created with `save: false`, so its tool calls are unknown."
        raise Conflict("The agent cannot be continued.", description, loc=LOC)
    if not (log["output_message"] or {}).get("tool_calls"):
        raise Conflict("The agent is not waiting.", f"Log '{uid}' has no tool calls that wait for a result.", loc=LOC)
    return row, log


def _conversation(log: JsonObject) -> list[Message]:
    """Return the conversation up to the calls that wait and the results so far.

    The messages of a Log that this server made end with them; those of other Logs may lack the output message.
    """
    messages: list[Message] = log["messages"] or []
    asked: Message = log["output_message"]
    results = _results(messages)
    last = messages[: len(messages) - len(results)][-1:]
    return messages if last == [asked] and _open(asked, results) else [*messages, asked]


def _check(conversation: list[Message], asked: Message, answers: list[Message]) -> None:
    """Raise Invalid unless the answers begin with one result for each waiting call, and for no other."""
    waiting = _open(asked, _results(conversation))
    answered = sorted(message["tool_call_id"] or "" for message in answers if message["role"] == "tool")
    if answered != waiting or len(_results(answers[: len(answered)])) != len(answered):
        raise Invalid(
            "The tool calls are not answered.",
            f"The messages must begin with one `tool` message for each of these calls: {', '.join(waiting)}.",
            loc=("body", "messages"),
        )


def _open(asked: Message, results: list[Message]) -> list[str]:
    """Return the ids of the calls without a result, sorted."""
    done = {message["tool_call_id"] for message in results}
    return sorted(call["id"] for call in asked["tool_calls"] if call["id"] not in done)


def _results(messages: list[Message]) -> list[Message]:
    """Return the tool results at the end."""
    return list(takewhile(lambda message: message["role"] == "tool", reversed(messages)))
