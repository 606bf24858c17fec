"""Chat messages as they are stored, and their way through the text form."""

from typing import Any

from humanloop_emulator.services.text.serializer import deserialize, serialize


def message(role: str, content: Any = None, **keys: Any) -> dict[str, Any]:
    absent = {"content": None, "name": None, "tool_call_id": None, "tool_calls": None, "thinking": None}
    return absent | {"role": role, "content": content} | keys


def told(message: dict[str, Any]) -> dict[str, Any]:
    """Return what a message says, without its nulls."""
    return {name: value for name, value in message.items() if value is not None}


def text_part(text: str) -> dict[str, Any]:
    return {"type": "text", "text": text}


def image_part(url: str, detail: str | None = None) -> dict[str, Any]:
    return {"type": "image_url", "image_url": {"url": url, "detail": detail}}


def tool_call(uid: str, name: str, arguments: str | None) -> dict[str, Any]:
    return {"id": uid, "type": "function", "function": {"name": name, "arguments": arguments}}


def template_of(body: str) -> Any:
    return deserialize(f"---\nmodel: m\n---\n{body}")["template"]


def assert_kept(template: Any) -> str:
    """Return the text of a template that survives its round trip."""
    text: str = serialize({"model": "m", "template": template})
    assert deserialize(text) == {"model": "m", "template": template}
    return text
