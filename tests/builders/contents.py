"""Contents of Files that use every field and every shape that the contract knows."""

from humanloop_emulator.json_types import JsonObject

FUNCTION: JsonObject = {
    "name": "look_up",
    "description": "Looks something up.",
    "strict": True,
    "parameters": {"type": "object", "properties": {"term": {"type": "string"}}, "required": ["term"]},
}
CALL: JsonObject = {
    "id": "call_1",
    "type": "function",
    "function": {"name": "look_up", "arguments": '{"term": "Chad"}'},
}
MESSAGES: list[JsonObject] = [
    {"role": "developer", "content": "Be brief.", "name": "house"},
    {
        "role": "user",
        "content": [
            {"type": "text", "text": "What is this?"},
            {"type": "image_url", "image_url": {"url": "https://example.com/flag.png", "detail": "low"}},
        ],
    },
    {"role": "assistant", "content": None, "tool_calls": [CALL]},
    {"role": "tool", "content": "A flag.", "tool_call_id": "call_1"},
]
ANSWER: JsonObject = {
    "role": "assistant",
    "content": "The flag of Chad.",
    "thinking": [
        {"type": "thinking", "thinking": "Blue, yellow, red.", "signature": "c2ln"},
        {"type": "redacted_thinking", "data": "aGlkZGVu"},
    ],
}

MODEL: JsonObject = {
    "model": "gpt-4o",
    "endpoint": "chat",
    "provider": "openai",
    "template": [{"role": "system", "content": "You know {{ subject }}."}, {"role": "user", "content": "{{question}}"}],
    "template_language": "default",
    "max_tokens": 200,
    "temperature": 0.5,
    "top_p": 0.9,
    "stop": ["END"],
    "presence_penalty": 0.1,
    "frequency_penalty": 0.2,
    "other": {"logit_bias": {}},
    "seed": 7,
    "response_format": {"type": "json_schema", "json_schema": {"type": "object"}},
    "reasoning_effort": "high",
    "attributes": {"team": "atlas"},
}
NOTES: JsonObject = {"description": "For the tests.", "tags": ["test"], "readme": "# Notes"}


def prompt(tool: str) -> JsonObject:
    """A Prompt with a tool of its own and a linked one."""
    return MODEL | NOTES | {"tools": [FUNCTION], "linked_tools": [tool]}


def agent(tool: str, helper: str) -> JsonObject:
    """An Agent with an inline tool and two linked Files."""
    return (
        MODEL
        | NOTES
        | {
            "max_iterations": 3,
            "tools": [
                {"type": "inline", "json_schema": FUNCTION, "on_agent_call": "stop"},
                {"type": "file", "link": {"file_id": tool}, "on_agent_call": "continue"},
                {"type": "file", "link": {"file_id": helper}},
            ],
        }
    )


TOOL: JsonObject = {
    "function": FUNCTION,
    "source_code": "def look_up(term):\n    return term\n",
    "setup_values": {"index": "atlas"},
    "attributes": {"team": "atlas"},
    "tool_type": "python",
}
FLOW: JsonObject = {"attributes": {"steps": ["ask", "answer"], "nested": {"deep": [1, None, True]}}}

OPTIONS: list[JsonObject] = [{"name": "good", "valence": "positive"}, {"name": "bad", "valence": "negative"}]
FREE: JsonObject = {"arguments_type": "target_free"}
REQUIRED: JsonObject = {"arguments_type": "target_required"}
SPECS: dict[str, JsonObject] = {
    "boolean": REQUIRED | {"evaluator_type": "external", "return_type": "boolean", "attributes": {"team": "atlas"}},
    "number": FREE
    | {
        "evaluator_type": "python",
        "return_type": "number",
        "code": "def score(log):\n    return 1.0\n",
        "number_limits": {"min": 0, "max": 10, "step": 0.5},
        "number_valence": "positive",
    },
    "select": FREE
    | {"evaluator_type": "human", "return_type": "select", "options": OPTIONS, "instructions": "Choose one."},
    "multi_select": FREE | {"evaluator_type": "human", "return_type": "multi_select", "options": OPTIONS},
    "text": FREE | {"evaluator_type": "llm", "return_type": "text", "prompt": MODEL},
}
"""An Evaluator of every return type; together they are of every kind."""
JUDGMENTS: JsonObject = {"boolean": True, "number": 2.5, "select": "good", "multi_select": ["bad"], "text": "Fine."}


def datapoints(home: str) -> list[JsonObject]:
    """Datapoints with messages and targets of every type; those of each home differ."""
    target = {"text": "N'Djamena", "whole": 1, "real": 0.5, "true": True, "list": [1, None], "object": {"a": None}}
    return [
        {"inputs": {"question": f"Capital of {home}?"}, "messages": MESSAGES, "target": target},
        {"inputs": {"question": f"Flag of {home}?"}},
        {"target": {"home": home}},
    ]


def log(kind: str) -> JsonObject:
    """What a Log of a kind can say of itself."""
    common = {
        "inputs": {"question": "Capital of Chad?", "subject": "maps"},
        "output": "N'Djamena",
        "error": None,
        "stdout": "looking …",
        "provider_latency": 0.25,
        "provider_request": {"model": "gpt-4o"},
        "provider_response": {"id": "r1"},
        "start_time": "2024-05-01T10:00:00Z",
        "end_time": "2024-05-01T10:00:01.5+00:00",
        "source": "test",
        "metadata": {"attempt": 1},
        "user": "someone",
        "environment": "production",
        "save": True,
    }
    message = {"output_message": ANSWER}
    used = {
        "prompt_tokens": 12,
        "reasoning_tokens": 3,
        "output_tokens": 4,
        "prompt_cost": 0.01,
        "output_cost": 0.02,
        "finish_reason": "stop",
        "tool_choice": {"type": "function", "function": {"name": "look_up"}},
    }
    further: dict[str, JsonObject] = {
        "prompt": message | used | {"messages": MESSAGES},
        "agent": message | used | {"messages": MESSAGES, "log_status": "complete"},
        "flow": message | {"messages": MESSAGES},
        "evaluator": message | {"marked_completed": True},
    }
    return common | further.get(kind, {})
