"""`python -m bench.walks [module of main]`: through how many files a request goes, and how often it changes the file.

What is counted are calls from one file of `app/` into another, and the files that any code ran in; each walk is made
once before, so that what is made or imported on first use does not count. Flask and other libraries are passed over.
"""

import contextlib
import io
import sys
import tempfile
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from types import FrameType
from typing import Any

import humanloop_emulator
from humanloop_emulator import create_app
from humanloop_emulator.settings import Settings

APP = Path(humanloop_emulator.__file__ or "").parent
MAIN = "humanloop_emulator.commands.cli"


class Walk:
    """Watches the calls of this thread."""

    def __init__(self) -> None:
        self.files: set[str] = set()
        self.moves = 0

    def __enter__(self) -> "Walk":
        sys.setprofile(self._see)
        return self

    def __exit__(self, *error: object) -> None:
        sys.setprofile(None)

    def _see(self, frame: FrameType, event: str, argument: Any) -> None:
        if event != "call" or not (file := _file_of(frame)):
            return
        self.files.add(file)
        above = frame.f_back
        while above is not None and not _file_of(above):
            above = above.f_back
        if above is not None and _file_of(above) != file:
            self.moves += 1


def _file_of(frame: FrameType) -> str:
    """Return the file below `app/` that a frame runs in, or nothing."""
    name = frame.f_code.co_filename
    return name if name.startswith(str(APP)) else ""


def walk(go: Callable[[], Any]) -> Walk:
    """Go a second time, and watch."""
    go()
    with Walk() as seen:
        go()
    return seen


def walks(main: Callable[..., Any], home: Path) -> dict[str, Walk]:
    """Walk the three ways that a change meets most often."""
    client = create_app(Settings(db=str(home / "bench.db"), jobs="immediate")).test_client()

    def post(path: str, body: Any) -> Any:
        answer = client.post(f"/v5{path}", json=body, headers={"X-API-KEY": "bench"})
        assert answer.status_code < 300, answer.text
        return answer.json if answer.is_json else answer.text

    content = {"model": "gpt-4o", "template": "Say {{word}}"}
    prompt = post("/prompts", {"path": "bench/prompt", **content})
    spec = {"arguments_type": "target_free", "return_type": "boolean", "evaluator_type": "external"}
    evaluator = post("/evaluators", {"path": "bench/judge", "spec": spec})
    evaluators = [{"version_id": evaluator["version_id"]}]
    evaluation = post("/evaluations", {"file": {"id": prompt["id"]}, "evaluators": evaluators})
    run = post(f"/evaluations/{evaluation['id']}/runs", {"version": {"version_id": prompt["version_id"]}})
    logs = iter([post("/prompts/log", {"id": prompt["id"], "output": "bench"})["id"] for _ in range(2)])
    call = {"id": prompt["id"], "inputs": {"word": "bench"}, "stream": True}
    return {
        "Add Logs to Run": walk(
            lambda: post(f"/evaluations/{evaluation['id']}/runs/{run['id']}/logs", {"log_ids": [next(logs)]})
        ),
        "a streamed call": walk(lambda: post("/prompts/call", call)),
        "an import": _import(main, home),
    }


def _import(main: Callable[..., Any], home: Path) -> Walk:
    """Import the tree of what the other walks have made, twice: each time into a new organisation."""
    tree, database = str(home / "tree"), ("--db", str(home / "bench.db"))
    organisations = iter(("first", "second"))

    def command(*arguments: str) -> None:
        with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
            main(arguments, standalone_mode=False)

    command("export", tree, *database)
    return walk(lambda: command("import", tree, *database, "--organisation", next(organisations)))


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as directory:
        for name, seen in walks(import_module(*sys.argv[1:] or [MAIN]).main, Path(directory)).items():
            print(f"{name}: {len(seen.files)} files, {seen.moves} moves between them")
