"""`python -m bench.exchange [logs [database]]`: how long import and export of a large tree take, and how much memory.

The database is a new file, unless there is a URL of another one, which must be empty.
"""

import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson

from .server import call, emulator

PAGE = 100
PROGRAM = (
    "import resource; from humanloop_emulator.commands.cli import main; main(standalone_mode=False);"
    "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)"
)
SPEC = {"arguments_type": "target_free", "return_type": "boolean", "evaluator_type": "external"}


def run(count: int, database: str = "") -> list[str]:
    """Return a line for each: importing a tree of `count` Logs, half of them judgments, and exporting it again."""
    with tempfile.TemporaryDirectory() as directory:
        home = Path(directory)
        make_tree(home, home / "tree", count)
        lines = []
        for command, folder in (("import", home / "tree"), ("export", home / "again")):
            start = time.perf_counter()
            memory = _command(command, folder, database or str(home / "bench.db"))
            seconds = time.perf_counter() - start
            lines.append(f"{command} of {count:,} logs: {seconds:.1f} s, at most {memory:.0f} MB of memory")
        return lines


def _command(name: str, folder: Path, db: str) -> float:
    """Run a command in a process of its own, and return how much memory it took, in MB."""
    arguments = [name, str(folder), "--db", db]
    done = subprocess.run([sys.executable, "-c", PROGRAM, *arguments], capture_output=True, text=True, check=True)
    return int(done.stdout.split()[-1]) / 1024


def make_tree(home: Path, folder: Path, count: int) -> None:
    """Export a workspace with one Log, its judgment and a Run, and write its records as often as it takes."""
    app = emulator(str(home / "small.db"))
    evaluator = call(app, "POST", "/evaluators", {"path": "bench/judge", "spec": SPEC})
    prompt = call(app, "POST", "/prompts", {"path": "bench/prompt", "model": "gpt-4o", "template": "Say {{word}}"})
    evaluators = [{"version_id": evaluator["version_id"]}]
    evaluation = call(app, "POST", "/evaluations", {"file": {"id": prompt["id"]}, "evaluators": evaluators})
    run = call(app, "POST", f"/evaluations/{evaluation['id']}/runs", {})
    log = {"id": prompt["id"], "inputs": {"word": "bench " * 20}, "output": "bench " * 50, "log_id": "log_0"}
    call(app, "POST", "/prompts/log", {**log, "run_id": run["id"]})
    call(app, "POST", "/evaluators/log", {"id": evaluator["id"], "parent_id": "log_0", "judgment": True})
    app.extensions["emulator"].db.close()
    _command("export", folder, str(home / "small.db"))
    (folder / "logs.jsonl").unlink()
    for pages in [*folder.glob("files/*/logs"), *folder.glob("files/*/evaluations/*/logs")]:
        _multiply(pages, count // 2)


def _multiply(pages: Path, count: int) -> None:
    record = (pages / "1.jsonl").read_bytes()
    own = _ids(orjson.loads(record))
    for number in range(1, count // PAGE + 1):
        with (pages / f"{number}.jsonl").open("wb") as stream:
            for index in range((number - 1) * PAGE, number * PAGE):
                line = record
                for uid in own:
                    line = line.replace(f'"{uid}"'.encode(), f'"{uid}{index:06}"'.encode())
                stream.write(line)


def _ids(value: Any) -> set[str]:
    """Return the ids of Logs in a record."""
    return {text for text in _texts(value) if text.startswith("log_") and text != "log_status"}


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, dict | list):
        for item in value.values() if isinstance(value, dict) else value:
            yield from _texts(item)
    elif isinstance(value, str):
        yield value


def main() -> None:
    """Print the lines."""
    for line in run(int(sys.argv[1]) if len(sys.argv) > 1 else 100_000, *sys.argv[2:3]):
        print(line)


if __name__ == "__main__":
    main()
