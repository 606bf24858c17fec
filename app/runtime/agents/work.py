"""An Agent at work: it calls its model and runs the tools that the model calls, until it has an output or must wait.

Nothing is stored here: what the Agent did is in its fields, and what it called is in its children.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import takewhile

import orjson

from ...json_types import Json, JsonObject
from ...kinds.base import COMPLETE, INCOMPLETE
from ...services.workspace import Workspace
from ..calls import CallTarget
from ..completions import Completion, build_request
from ..engines import Engines
from ..providers.base import Message, ModelError, ModelRequest, chat_message
from . import tools as agent_tools
from .logs import Event, PendingLog, agent_chunk

MAX_ITERATIONS = 5  # of an imported Agent without a limit
MOST_TURNS = 1000  # of all nested Agents of a call together
SUMMED = (
    *("provider_latency", "prompt_tokens", "reasoning_tokens", "output_tokens"),
    *("prompt_cost", "output_cost"),
)
"""The fields that are summed up over the turns."""


@dataclass
class Session:
    """What all Agents of one call share."""

    ws: Workspace
    engines: Engines
    keys: Mapping[str, str] = field(default_factory=dict)
    turns: int = 0


class Agent:
    """One Agent at work.

    `messages` is the conversation after the template, up to the last tool calls and the results so far; a final text is
    in `fields` only.
    """

    def __init__(
        self,
        session: Session,
        target: CallTarget,
        inputs: JsonObject | None,
        messages: list[Message] | None,
        *,
        tool_choice: Json = None,
        depth: int = 0,
    ) -> None:
        """Fill in the template; a missing input is Invalid. Reads in a transaction of its own, or in the caller's."""
        self.session, self.target, self.depth = session, target, depth
        self.messages = list(messages or [])
        self.children: list[PendingLog] = []
        self.ended = False
        self.waiting: list[JsonObject] = []
        """The tool calls that the caller must answer."""
        self.failure: ModelError | None = None
        self._answered = 0
        self._spent: JsonObject = dict.fromkeys(SUMMED)
        self._fields: JsonObject = {"inputs": inputs, "start_time": session.ws.now()}
        with session.ws.reading():
            self.tools = agent_tools.tools_for(session.ws, target.content)
        # Whether a plain-text template is the system or the user message depends on these: they must stay the same.
        opening = list(takewhile(lambda message: message["role"] != "assistant", self.messages))
        self._opening = len(opening)
        self._request = build_request(
            session.ws,
            target.content,
            inputs=inputs,
            messages=opening,
            tools=[dict(tool.function) for tool in self.tools.values()],
            tool_choice=tool_choice,
            keys=session.keys,
        )

    def nested(self, target: CallTarget, inputs: JsonObject, messages: list[Message]) -> "Agent":
        """Return an Agent that this one calls."""
        return Agent(self.session, target, inputs, messages, depth=self.depth + 1)

    @property
    def failed_at_once(self) -> bool:
        """Return whether the model failed before it had answered once."""
        return self.failure is not None and not self._answered

    @property
    def error(self) -> str | None:
        """Return the error that ended the work."""
        return self._fields.get("error")

    def run(self) -> Iterator[Event]:
        """Work until there is an output, an error, or a tool call that the caller must answer; yield the events."""
        limit = self.target.content["max_iterations"]
        limit = MAX_ITERATIONS if limit is None else limit
        while not self.ended:
            if self._iterations() >= limit:
                self._end(error=f"The agent reached its limit of {limit} iterations.")
            elif self.session.turns >= MOST_TURNS:
                self._end(error=f"The agents of one call may call their models at most {MOST_TURNS} times.")
            else:
                yield from self._turn()

    def _iterations(self) -> int:
        """Return how often the model has answered since the last user message, in this call and in earlier ones."""
        own = takewhile(lambda message: message["role"] != "user", reversed(self.messages))
        return sum(message["role"] == "assistant" for message in own)

    def _turn(self) -> Iterator[Event]:
        self.session.turns += 1
        completion = Completion(self._next_request())
        yield Event("agent_start", f"Calling {completion.request.model}.")
        try:
            for chunk in completion.run(self.session.engines.models, self.session.ws.clock):
                yield Event("agent_update", chunk.text, agent_chunk(self.target, chunk, completion))
        except ModelError as failure:
            self.failure = failure
        self._record(completion)
        if self.failure is not None:
            self._end(completion.output, completion.message, completion.error)
            return
        self._answered += 1
        yield Event("agent_end", "The model answered.", agent_chunk(self.target, None, completion))
        if completion.tool_calls:
            yield from self._call(completion)
        else:
            self._end(completion.output, completion.message)

    def _next_request(self) -> ModelRequest:
        """Return the request of the next turn; a tool choice that forces a call counts for the first turn only [A]."""
        said = self.messages[self._opening :]
        forced = self._request.tool_choice not in (None, "none", "auto")
        return replace(
            self._request,
            messages=[*self._request.messages, *said],
            tool_choice=None if forced and self._iterations() else self._request.tool_choice,
        )

    def _record(self, completion: Completion) -> None:
        fields = completion.log_fields()
        self.add(fields)
        for name in ("finish_reason", "provider_request", "provider_response"):
            self._fields[name] = fields[name]

    def _call(self, completion: Completion) -> Iterator[Event]:
        """Run the tools that the model calls.

        A tool with `on_agent_call: stop` ends the work; otherwise one that the server cannot run suspends it [D].
        """
        message, results = completion.message, list[Message]()
        assert message is not None
        stopped: list[str] = []
        for call in completion.tool_calls:
            tool = self.tools.get(call["function"]["name"])
            if tool is None or tool.runs_here:
                result = yield from agent_tools.run(self, tool, call)
                results.append(chat_message("tool", result, tool_call_id=call["id"]))
            else:
                result = _output_of(call)
                self.waiting.append(call)
            if tool is not None and tool.stops:
                stopped.append(result)
        self.messages += [message, *results]
        if stopped:
            self.waiting = []
            self._end(stopped[-1], message)
        elif self.waiting:
            self._end(completion.output, message)

    def _end(self, output: str | None = None, message: Message | None = None, error: str | None = None) -> None:
        self._fields |= {"output": output, "output_message": message, "error": error}
        self._fields["end_time"] = self.session.ws.now()
        self.ended = True

    def fields(self) -> JsonObject:
        """Return the fields of its Log, which is incomplete while the Agent waits."""
        status = INCOMPLETE if self.waiting else COMPLETE
        return {**self._fields, **self._spent, "messages": self.messages, "log_status": status}

    def add(self, spent: Mapping[str, Json]) -> None:
        """Add what a turn or an earlier call has spent."""
        self._spent = {name: _sum(self._spent[name], spent[name]) for name in SUMMED}

    def pending_log(self) -> PendingLog:
        """Return its Log with the Logs of everything it called."""
        return PendingLog(self.target, self.fields(), self.children)

    def final_log(self) -> PendingLog:
        """Return its Log if nobody can continue it: waiting is an error then."""
        if self.waiting:
            names = ", ".join(f"`{call['function']['name']}`" for call in self.waiting)
            self.waiting = []
            self._fields["error"] = f"The agent calls {names}, which the server cannot run."
        return self.pending_log()


def _output_of(call: JsonObject) -> str:
    """Return what a call of a tool that the server does not run tells: its argument `output`, or all arguments [A]."""
    arguments: str = call["function"].get("arguments") or ""
    try:
        output = orjson.loads(arguments)["output"]
    except (orjson.JSONDecodeError, KeyError, TypeError):
        return arguments
    return output if isinstance(output, str) else arguments


def _sum(one: Json, other: Json) -> Json:
    return other if one is None else one if other is None else one + other
