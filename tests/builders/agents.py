"""What the tests of Agents have in common: Files that an Agent may call, and rules of its model by turns."""

from typing import Any

from humanloop_emulator.json_types import JsonObject
from tests.builders.files import function
from tests.builders.models import Models
from tests.conftest import Api

ASK = [{"role": "user", "content": "Weather in Paris?"}]
WEATHER = """
def weather(city):
    if city == "Atlantis":
        raise ValueError("It sank.")
    return "Rain in " + city
"""


def inline(name: str = "look", on_agent_call: str | None = None) -> JsonObject:
    """Return an inline tool: the server cannot run it."""
    return {"type": "inline", "json_schema": function(name, "place"), "on_agent_call": on_agent_call}


def linked(file: JsonObject, on_agent_call: str | None = None) -> JsonObject:
    """Return a tool that is a File."""
    return {"type": "file", "link": {"file_id": file["id"]}, "on_agent_call": on_agent_call}


def weather(api: Api, **content: Any) -> JsonObject:
    """Return a Tool that the server can run."""
    body = {"path": "tools/weather", "function": function("weather", "city"), "source_code": WEATHER}
    return api.post("/tools", {**body, "tool_type": "python", **content})


def agent(api: Api, *tools: JsonObject, **content: Any) -> JsonObject:
    """Return an Agent whose model is `gpt-4o`."""
    template = [{"role": "system", "content": "You help."}]
    body = {"path": "agents/helper", "model": "gpt-4o", "template": template, "tools": list(tools)}
    return api.post("/agents", {**body, **content})


def call(api: Api, **body: Any) -> JsonObject:
    return api.post("/agents/call", {"path": "agents/helper", "messages": ASK, **body})


def proceed(api: Api, log: JsonObject, *texts: str, **body: Any) -> JsonObject:
    """Continue an Agent with texts as the answers of what it waits for."""
    return api.post("/agents/continue", {"log_id": log["id"], "messages": answers(log, *texts), **body})


def answers(log: JsonObject, *texts: str) -> list[JsonObject]:
    """Return messages of tools, for the calls of an Agent from the last one backwards where there are fewer texts."""
    calls = log["previous_agent_message"]["tool_calls"][-len(texts) :]
    return [
        {"role": "tool", "content": text, "tool_call_id": call["id"]} for call, text in zip(calls, texts, strict=True)
    ]


def use(models: Models, name: str, *, reply: str = "", model: str = "gpt-4o", **arguments: Any) -> None:
    """Let the model call a function when the user has spoken."""
    models.answer(reply, match={"role": "user", "model": model}, tool_calls=[{"name": name, "arguments": arguments}])


def conclude(models: Models, reply: str = "So: {{message}}", model: str = "gpt-4o") -> None:
    """Let the model end with a text when a tool has answered."""
    models.answer(reply, match={"role": "tool", "model": model})


def roles(log: JsonObject) -> list[str]:
    return [message["role"] for message in log["messages"]]


def children(api: Api, log: JsonObject) -> list[JsonObject]:
    shown: list[JsonObject] = api.get(f"/logs/{log['id']}")["trace_children"]
    return shown
