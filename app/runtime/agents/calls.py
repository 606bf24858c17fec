"""Calls of Agents, and what they have in common with continuations.

Nothing of an Agent is stored while it works. Its Log and those of everything it called are stored together when it has
finished or must wait; if the client of a stream disconnects, the Agent works on to that point first.
"""

from abc import ABC, abstractmethod
from collections.abc import Generator
from itertools import chain

from ...errors import DomainError, Interrupted
from ...json_types import JsonObject
from ...kinds import AGENT
from ...services.logs import traces
from ...services.logs.documents import read_log
from ...services.workspace import Workspace
from ..calls import log_body, prepare
from ..engines import Engines
from .logs import Event, Trace, render, store
from .work import Agent, Session

OUTCOME = ("messages", "output", "output_message", "provider_request", "provider_response")
"""The fields that are returned even if they are not saved."""


def call_agent(
    ws: Workspace, engines: Engines, query: JsonObject, body: JsonObject
) -> JsonObject | Generator[JsonObject]:
    """Call an Agent; return its Log or, with `stream`, the events as they happen."""
    return AgentCall(ws, engines, query, body).serve()


class AgentRequest(ABC):
    """An Agent at work for a request."""

    opening: Event

    def __init__(self, ws: Workspace, agent: Agent, body: JsonObject, trace: Trace) -> None:
        self.ws, self.agent, self.body = ws, agent, body
        self._trace = trace
        self._events = chain([self.opening], agent.run())

    @abstractmethod
    def store(self) -> None:
        """Store its Logs, all or none."""

    def serve(self) -> JsonObject | Generator[JsonObject]:
        """Return the answer or, with `stream`, the events."""
        return self._begin_stream() if self.body["stream"] else self._answer()

    def _answer(self) -> JsonObject:
        """Return the Log once the Agent has finished or must wait.

        An error of the model before its first answer is raised; a later one is the `error` of the Log.
        """
        for _ in self._events:
            pass
        self.store()
        if self.agent.failure and self.agent.failed_at_once:
            raise self.agent.failure
        log = self._log() | {name: value for name, value in self.agent.fields().items() if name in OUTCOME}
        if not self.body.get("return_inputs", True):
            log["inputs"] = {}
        if not self.body["include_trace_children"]:
            log["trace_children"] = None
        waiting = log["output_message"] if self.agent.waiting else None
        return {**log, "log_id": log["id"], "previous_agent_message": waiting}

    def _log(self) -> JsonObject:
        with self.ws.reading():
            return read_log(self.ws, self.agent.target.log_uid)

    def _begin_stream(self) -> Generator[JsonObject]:
        """Return the events; an error before the model's first chunk is raised, and so answered with its status."""
        first = []
        for event in self._events:
            first.append(event)
            if event.type == "agent_update":
                break
        if self.agent.failure and self.agent.failed_at_once:
            self.store()
            raise self.agent.failure
        return self._stream(first)

    def _stream(self, first: list[Event]) -> Generator[JsonObject]:
        try:
            for event in chain(first, self._events):
                yield self._render(event)
        finally:
            last = self._finish()
        yield self._render(last)

    def _render(self, event: Event) -> JsonObject:
        return render(self.ws, event, self.agent.target.log_uid, self._trace)

    def _finish(self) -> Event:
        """Let the Agent work to the end, store its Logs, and return the last event, which has the Log."""
        try:
            for _ in self._events:
                pass
            self.store()
            log = {**self._log(), "trace_children": None}
        except DomainError as error:  # such as a trace that was completed in the meantime
            return Event("error", error.detail["description"])
        except Interrupted as error:
            return Event("error", error.detail)
        if self.agent.error is not None:
            return Event("agent_turn_error", self.agent.error, log)
        if self.agent.waiting:
            return Event("agent_turn_suspend", "The agent is waiting for tool results.", log)
        return Event("agent_turn_end", "The agent finished.", log)


class AgentCall(AgentRequest):
    """The call that creates an Agent's Log."""

    opening = Event("agent_turn_start", "The agent started.")

    def __init__(self, ws: Workspace, engines: Engines, query: JsonObject, body: JsonObject) -> None:
        """Find or create the Version and fill in its template; errors in the request are raised here."""
        session = Session(ws, engines, body.get("provider_api_keys") or {})
        with ws.writing():
            target = prepare(ws, AGENT, query, body)
            above = traces.position_below(ws, body.get("trace_parent_id")).above
            agent = Agent(
                session, target, body.get("inputs"), body.get("messages"), tool_choice=body.get("tool_choice")
            )
        trace = Trace(above[-1].uid, above[-1].file_uid) if above else Trace(target.log_uid, target.file.uid)
        super().__init__(ws, agent, body, trace)

    def store(self) -> None:
        """Store the Agent's Log and all below it."""
        with self.ws.writing():
            store(self.ws, self.agent.pending_log(), log_body({**self.body, "messages": None}, {}))
