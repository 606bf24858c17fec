"""What the generations of the Python SDK send and read that the contract lacks: the list `generations.json`, made new.

    python -m tests.contract.generations FOLDER

downloads the wheels of every published version 0.8.x into the folder (those that are there stay) and compares their
sources with the contract, without running them. The decisions about what is in the list are in `docs/clients.md`;
`test_generations.py` holds the server to them.
"""

import ast
import json
import re
import subprocess
import sys
import zipfile
from collections import defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from .contract import MODELS, ROUTES

PACKAGE = "humanloop"
LIST = Path(__file__).with_name("generations.json")
GENERATIONS: dict[str, Any] = json.loads(LIST.read_text()) if LIST.exists() else {}
ORDER = {"a": 0, "b": 1, None: 2}
Lack = tuple[str, str, str]  # "body", "POST /prompts/log", "batch_id"
SHAPES = {re.sub(r"\{\w+\}", "{}", route.name): route for route in ROUTES}
RENAMED = {"AgentContinueResponse", "AgentContinueStreamResponse"}  # the same fields under other names in 0.8.36b1
BESIDE_THE_FILE = {"version_name", "version_description"}  # text parts of the upload, which the contract leaves out


def order(version: str) -> tuple[Any, ...]:
    """Return what sorts versions: `0.8.9a1` is before `0.8.9`."""
    found = re.fullmatch(r"(\d+)\.(\d+)\.(\d+)(?:(a|b)(\d+))?", version)
    assert found is not None, version
    return *map(int, found.group(1, 2, 3)), ORDER[found[4]], int(found[5] or 0)


def published() -> list[str]:
    """Return the versions 0.8.x that pip finds, the oldest first."""
    command = [sys.executable, "-m", "pip", "index", "versions", "--pre", PACKAGE]
    text = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    found = set(re.findall(r"\b0\.8\.\d+(?:[ab]\d+)?", text.partition("Available versions:")[2].partition("\n")[0]))
    return sorted((version for version in found if not version.startswith("0.8.0b")), key=order)


def download(version: str, folder: Path) -> Path:
    """Return the folder of a version's sources, which pip fetches when it is not there."""
    target = folder / version
    if not target.exists():
        options = ["--no-deps", "--ignore-requires-python", "--quiet", "--dest", str(folder)]
        command = [sys.executable, "-m", "pip", "download", *options, f"{PACKAGE}=={version}"]
        subprocess.run(command, check=True)
        with zipfile.ZipFile(next(folder.glob(f"{PACKAGE}-{version}-*.whl"))) as wheel:
            wheel.extractall(target)
    return target / PACKAGE


def lacks(source: Path) -> Iterator[Lack]:
    """Yield what the sources of one version send and read that the contract lacks."""
    for path in sorted(source.glob("*/*client.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.args:
                named = {item.arg: item.value for item in node.keywords}
                method = named.get("method")
                if node.func.attr in ("request", "stream") and isinstance(method, ast.Constant):
                    yield from _lacks_of_request(f"{method.value!s} /{_path(node.args[0])}", named)
    for model in _answered(source):
        yield from _lacks_of_model(model)


def _answered(source: Path) -> Iterator[ast.ClassDef]:
    """Yield the models that the answers of some route may hold: others are left over from versions before."""
    types: dict[str, ast.stmt] = {}
    for path in (*source.glob("types/*.py"), *source.glob("*/types/*.py")):
        for statement in ast.parse(path.read_text()).body:
            if isinstance(statement, ast.ClassDef):
                types[statement.name] = statement
            elif isinstance(statement, ast.Assign) and isinstance(statement.targets[0], ast.Name):
                types[statement.targets[0].id] = statement
    waiting = [path.read_text() for path in source.glob("*/*client.py")]
    while waiting:
        for name in set(re.findall(r"\w+", waiting.pop())) & types.keys():
            statement = types.pop(name)
            waiting.append(ast.unparse(statement))
            if isinstance(statement, ast.ClassDef):
                yield statement


def _path(node: ast.expr) -> str:
    if isinstance(node, ast.Constant):
        return str(node.value)
    assert isinstance(node, ast.JoinedStr)
    parts = [part.value if isinstance(part, ast.Constant) else _parameter(part) for part in node.values]
    return "".join(map(str, parts))


def _parameter(node: ast.expr) -> str:
    names = [inner.id for inner in ast.walk(node) if isinstance(inner, ast.Name)]
    return f"{{{names[-1]}}}"


def _lacks_of_request(name: str, named: dict[str | None, ast.expr]) -> Iterator[Lack]:
    route = SHAPES.get(re.sub(r"\{\w+\}", "{}", name))
    if route is None:
        yield "routes", name, ""
        return
    for field in _keys(named.get("params")) - route.query.keys():
        yield "query", route.name, field
    if "body_whole_body" not in route.facts:
        sent = _keys(named.get("json")) | (_keys(named.get("data")) - BESIDE_THE_FILE)
        for field in sent - route.body.keys():
            yield "body", route.name, field


def _keys(node: ast.expr | None) -> set[str]:
    keys = node.keys if isinstance(node, ast.Dict) else ()
    return {key.value for key in keys if isinstance(key, ast.Constant) and isinstance(key.value, str)}


def _lacks_of_model(model: ast.ClassDef) -> Iterator[Lack]:
    answers = model.name.endswith(("Response", "Stats")) and not model.name.startswith("Paginated")
    if model.name in RENAMED or not (answers or model.name in MODELS):
        return
    for statement in model.body:
        if isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Name):
            field = _alias(statement) or statement.target.id
            if field != "model_config" and field not in MODELS.get(model.name, ()):
                yield "models", model.name, field


def _alias(statement: ast.AnnAssign) -> str | None:
    found = re.search(r"alias='(\w+)'", ast.unparse(statement))
    return found[1] if found else None


def spans(versions: Iterable[str], all_versions: list[str]) -> str:
    """Return versions as text: `0.8.0 to 0.8.8, 0.8.20`."""
    runs: list[list[int]] = []
    for position in sorted(map(all_versions.index, versions)):
        if runs and runs[-1][-1] == position - 1:
            runs[-1].append(position)
        else:
            runs.append([position])
    ends = ([all_versions[run[0]], all_versions[run[-1]]] for run in runs)
    return ", ".join(" to ".join(dict.fromkeys(pair)) for pair in ends)


def main(folder: Path) -> None:
    """Write the list."""
    folder.mkdir(parents=True, exist_ok=True)
    versions = published()
    having: dict[Lack, set[str]] = defaultdict(set)
    for version in versions:
        for lack in lacks(download(version, folder)):
            having[lack].add(version)
    found: dict[str, Any] = {"versions": versions, "routes": {}, "query": {}, "body": {}, "models": {}}
    for (where, name, field), known in sorted(having.items()):
        if field:
            found[where].setdefault(name, {})[field] = spans(known, versions)
        else:
            found[where][name] = spans(known, versions)
    LIST.write_text(json.dumps(found, indent=1) + "\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
