"""The rules of scripted models: validated, stored, and read from the files of a folder.

Rules set at run time are tried first, the newest first; then those of the folder, by file name and position in it.
"""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path

import orjson
import yaml
from marshmallow import ValidationError

from ...bundled import FIXTURES
from ...errors import NotFound
from ...json_types import Json, JsonObject
from ...schemas.fields import instance_of
from ...schemas.model_rules import ModelRule as RuleSchema
from ...schemas.problems import flatten
from ...store.database import Database
from ...store.models.runtime import ModelRule
from ...store.statement import sql
from ...templating.templates import variables
from .scripted import RULES, Document

SUFFIXES = (".yaml", ".yml")

DELETE = sql("DELETE FROM model_rule WHERE id = :id")

DELETE_SET = sql("DELETE FROM model_rule WHERE source IS NULL")

DELETE_READ = sql("DELETE FROM model_rule WHERE source IS NOT NULL")

FORGET_USES = sql("UPDATE model_rule SET uses = 0")


def add(db: Database, documents: Json) -> list[int]:
    """Store rules that are set at run time and return their keys; raise ValidationError if one is invalid."""
    checked = check(documents)
    with db.writing():
        # The newest rule is tried first, so the last of a list is stored first: the list keeps its order.
        return [_insert(db, None, rule) for rule in reversed(checked)][::-1]


def show(db: Database) -> list[JsonObject]:
    """Return the rules in the order in which they are tried, each with its id, its file and how often it was used."""
    with db.reading():
        rows = db.all(RULES)
    return [{"id": row.id, "source": row.source, "uses": row.uses, **orjson.loads(row.rule)} for row in rows]


def delete(db: Database, key: int) -> None:
    """Remove a rule; one of the folder comes back when the folder is read again."""
    with db.writing():
        if not db.run(DELETE, id=key):
            raise NotFound.of("Model rule", str(key))


def reset(db: Database) -> None:
    """Remove the rules that were set at run time, and reset the use counts of the others."""
    with db.writing():
        db.run(DELETE_SET)
        db.run(FORGET_USES)


def unload_folder(db: Database) -> None:
    """Remove the rules of the folder."""
    with db.writing():
        db.run(DELETE_READ)


def load_folder(db: Database, folder: str) -> None:
    """Replace the rules of the folder with those in its YAML files now, all of them unused.

    An empty name stands for the folder that comes with the emulator. If a rule is invalid, a ValueError names the file,
    the rule and the field, and nothing is changed.
    """
    path = Path(folder) if folder else FIXTURES / "models"
    if folder and not path.is_dir():
        raise ValueError(f"The folder of model rules does not exist: {folder}")
    files = sorted(file for file in path.glob("*") if file.suffix in SUFFIXES)
    read = [(file.name, rule) for file in files for rule in _read(file)]
    with db.writing():
        db.run(DELETE_READ)
        for name, rule in read:
            _insert(db, name, rule)


def _insert(db: Database, source: str | None, rule: Document) -> int:
    text = orjson.dumps(rule, option=orjson.OPT_NON_STR_KEYS).decode()
    return db.insert(ModelRule, source=source, rule=text, uses=0)


def _read(file: Path) -> list[Document]:
    try:
        documents = yaml.load(file.read_bytes(), Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    except (yaml.YAMLError, UnicodeError) as error:
        raise ValueError(f"{file.name}: {error}") from None
    try:
        return check([] if documents is None else documents)
    except ValidationError as error:
        raise ValueError("\n".join(_complaints(file.name, error))) from None


def _complaints(name: str, error: ValidationError) -> list[str]:
    found = []
    for problem in flatten(error.messages, name):
        position, fields = problem["loc"][1:2], problem["loc"][2:]
        place = [name, *(f"rule {int(number) + 1}" for number in position), ".".join(map(str, fields))]
        found.append(f"{', '.join(filter(None, place))}: {problem['msg']}")
    return found


def check(documents: Json) -> list[Document]:
    """Return rules as they are stored; raise ValidationError with all problems of all rules."""
    checked: list[Document] = instance_of(RuleSchema).load(documents, many=True)
    unknown = {position: problems for position, rule in enumerate(checked) if (problems := _unknown_names(rule))}
    if unknown:
        raise ValidationError(unknown)
    return checked


def _unknown_names(rule: Document) -> dict[str, list[str]]:
    """Return the problems with names in a rule's templates that no request can have, by field."""
    match = rule["match"]
    patterns = [re.compile(match[name]) for name in ("message", "system") if name in match]
    patterns += map(re.compile, match.get("inputs", {}).values())
    numbers = re.compile(match["message"]).groups if "message" in match else -1
    known = {"message", "inputs", *map(str, range(numbers + 1)), *(name for p in patterns for name in p.groupindex)}
    problems = {}
    for field, texts in _templates(rule).items():
        names = [name for text in texts for name in variables(text, "default")]
        unknown = [name for name in names if name not in known and not name.startswith("inputs.")]
        if unknown:
            problems[field] = [f"unknown name {{{{{unknown[0]}}}}}; known are: {', '.join(sorted(known))}"]
    return problems


def _templates(rule: Document) -> dict[str, list[str]]:
    table = rule.get("table", {"key": "", "rows": {}})
    return {
        "reply": [rule.get("reply", "")],
        "replies": rule.get("replies", []),
        "table": [table["key"], *table["rows"].values()],
        "tool_calls": [text for call in rule.get("tool_calls", []) for text in _texts(call.get("arguments"))],
    }


def _texts(value: Json) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping | list):
        for item in value.values() if isinstance(value, Mapping) else value:
            yield from _texts(item)
