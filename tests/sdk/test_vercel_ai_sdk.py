"""The Vercel AI SDK itself, with a model that is a stub: version 5 in the example, version 4 in a script."""

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.builders.otel_spans import outline, path_of
from tests.builders.processes import ROOT, ServerProcess, environment
from tests.npm import install

EXAMPLE = ROOT / "examples" / "vercel-ai-sdk"
SCRIPT = Path(__file__).with_name("vercel") / "version4.mjs"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with the example and the script, where npm has installed both versions."""
    folder = tmp_path_factory.mktemp("vercel")
    for file in (EXAMPLE / "package.json", EXAMPLE / "travel.ts", SCRIPT):
        shutil.copy(file, folder)
    install(folder, "ai4@npm:ai@4")
    return folder


def run(line: list[str], folder: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        line, cwd=folder, env=environment() | variables, capture_output=True, text=True, timeout=120, check=True
    )


@pytest.fixture
def workspace(server: ServerProcess, request: pytest.FixtureRequest) -> Iterator[httpx.Client]:
    """Return a client whose key, the name of the test, is an organisation of its own."""
    with httpx.Client(base_url=f"{server.url}/v5", headers={"X-API-KEY": request.node.name}) as client:
        yield client


def flow_logs(workspace: httpx.Client) -> list[dict[str, Any]]:
    """Return the traces of the only Flow, the oldest first."""
    [flow] = workspace.get("/flows").json()["records"]
    logs = workspace.get("/logs", params={"file_id": flow["id"], "include_trace_children": True}).json()["records"]
    return sorted(logs, key=lambda log: log["start_time"])


def test_the_example_leaves_its_traces_and_prints_them(
    folder: Path, server: ServerProcess, workspace: httpx.Client
) -> None:
    key = workspace.headers["X-API-KEY"]
    variables = {"HUMANLOOP_BASE_URL": f"{server.url}/v5", "HUMANLOOP_API_KEY": key}
    done = run(["node", "--import", "tsx", "travel.ts"], folder, **variables)
    assert done.stderr == ""
    assert done.stdout.splitlines() == [
        "The capital of Peru is Lima.",
        "You will love it.",
        "Travel/Assistant: The capital of Peru is Lima.",
        "  Travel/Answer: (calls a tool)",
        "  travel/capital: Lima",
        "  Travel/Answer: The capital of Peru is Lima.",
        "Travel/Assistant: You will love it.",
        "  Travel/Praise: You will love it.",
    ]
    steps, stream = flow_logs(workspace)
    first, tool, second = steps["trace_children"]
    assert (steps["inputs"], steps["output"]) == (
        {"system": "Be brief.", "prompt": "What is the capital of Peru?"},
        "The capital of Peru is Lima.",
    )
    assert [log["metadata"] for log in (steps, first, stream)] == [{"traveller": "Ada"}] * 3
    assert first["output_message"]["tool_calls"][0]["function"] == {
        "name": "capital",
        "arguments": '{"country":"Peru"}',
    }
    assert [message["role"] for message in second["messages"]] == ["system", "user", "assistant", "tool"]
    assert (second["prompt_tokens"], second["output_tokens"], second["finish_reason"]) == (20, 8, "stop")
    assert (tool["inputs"], tool["output"]) == ({"country": "Peru"}, "Lima")
    assert steps["start_time"] <= first["start_time"] <= first["end_time"] <= second["start_time"] <= steps["end_time"]
    assert {log["log_status"] for log in (steps, stream)} == {"complete"}


def test_version_4_leaves_the_same_over_protobuf(folder: Path, server: ServerProcess, workspace: httpx.Client) -> None:
    done = run(["node", SCRIPT.name, f"{server.url}/v5", workspace.headers["X-API-KEY"]], folder)
    assert done.stderr == ""  # the exporter understands the answers
    steps, stream, failed = flow_logs(workspace)
    assert outline(steps) == {"team/flow": [{"team/ask": []}, {"OpenTelemetry/weather": []}, {"team/ask": []}]}
    first, tool, second = steps["trace_children"]
    [call] = first["output_message"]["tool_calls"]
    assert call["function"] == {"name": "weather", "arguments": '{"city":"Lima"}'}
    assert (tool["output"], second["output_message"]["content"]) == ('{"sky":"blue"}', "Sunny.")
    assert [path_of(log) for log in stream["trace_children"]] == ["team/ask"]
    assert (stream["output"], stream["trace_children"][0]["output_tokens"]) == ("Sunny.", 5)
    assert (failed["error"], failed["trace_children"][0]["error"]) == ("overloaded", "overloaded")
