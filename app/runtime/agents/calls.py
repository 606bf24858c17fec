"""Calls of Agents: begun, and continued with what the tools that only the caller has answered.

Nothing of an Agent is stored while it works. Its Log and those of all that it called are stored together when it has
ended or waits, also when the client of a stream goes away, for then it works on to that point first.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterator
from itertools import chain

from ...errors import DomainError, Replaced
from ...json_types import Json, JsonObject
from ...kinds import AGENT
from ...services.logs import traces
from ...services.logs.documents import read_log
from ...services.workspace import Workspace
from ..calls import log_body, prepare
from ..engines import Engines
from .logs import Event, Trace, render, store
from .work import Agent, Session

OUTCOME = ("messages", "output", "output_message", "provider_request", "provider_response")
"""What is answered also where it is not saved."""


def call_agent(ws: Workspace, engines: Engines, query: JsonObject, body: JsonObject) -> Json:
    """Call an Agent; return its Log, or with `stream` the events as they come."""
    return AgentCall(ws, engines, query, body).serve()


class Work(ABC):
    """An Agent that works for a request."""

    opening: Event

    def __init__(self, ws: Workspace, agent: Agent, body: JsonObject, trace: Trace) -> None:
        self.ws, self.agent, self.body = ws, agent, body
        self._trace = trace
        self._events = chain([self.opening], agent.run())

    @abstractmethod
    def store(self) -> None:
        """Store what came of it, all at once."""

    def serve(self) -> Json:
        """Return the answer, or the events where a stream is asked for."""
        return self._begin_stream() if self.body["stream"] else self._answer()

    def _answer(self) -> JsonObject:
        """Return the Log when the Agent has ended or waits; a model that fails at once is an error.

        A later failure is the error of the Log.
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

    def _begin_stream(self) -> Iterator[JsonObject]:
        """Return the events; a failure before the model has said a word is raised, to be answered with its status."""
        first = []
        for event in self._events:
            first.append(event)
            if event.type == "agent_update":
                break
        if self.agent.failure and self.agent.failed_at_once:
            self.store()
            raise self.agent.failure
        return self._stream(first)

    def _stream(self, first: list[Event]) -> Iterator[JsonObject]:
        try:
            for event in chain(first, self._events):
                yield self._render(event)
        finally:
            last = self._settle()
        yield self._render(last)

    def _render(self, event: Event) -> JsonObject:
        return render(self.ws, event, self.agent.target.log_uid, self._trace)

    def _settle(self) -> Event:
        """Let the Agent work to its end, store what came of it, and return the last event, which holds the Log."""
        try:
            for _ in self._events:
                pass
            self.store()
            log = {**self._log(), "trace_children": None}
        except DomainError as error:  # such as a trace that was completed meanwhile
            return Event("error", error.detail["description"])
        except Replaced as error:
            return Event("error", error.detail)
        if self.agent.error is not None:
            return Event("agent_turn_error", self.agent.error, log)
        if self.agent.waiting:
            return Event("agent_turn_suspend", "The agent waits for tools.", log)
        return Event("agent_turn_end", "The agent has ended.", log)


class AgentCall(Work):
    """The first request of an Agent's Log."""

    opening = Event("agent_turn_start", "The agent begins.")

    def __init__(self, ws: Workspace, engines: Engines, query: JsonObject, body: JsonObject) -> None:
        """Find or make the Version and fill its template; what is wrong with the call is raised here."""
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
        """Store the Agent's Log and those below it."""
        with self.ws.writing():
            store(self.ws, self.agent.made(), log_body({**self.body, "messages": None}, {}))
