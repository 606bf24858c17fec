"""Every option of the emulator: one field is one command-line flag, one environment variable and one README row."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any

VERSION = "0.1.0"  # setup.cfg reads it from here, so that a clone that was never installed knows it too

PREFIX = "HUMANLOOP_EMULATOR_"
LOG_LEVELS = ("debug", "info", "warning", "error")
BOOLEANS = {"1": True, "true": True, "yes": True, "on": True, "0": False, "false": False, "no": False, "off": False}


def option(default: Any, help: str) -> Any:
    """Declare an option with the sentence that `--help` and the README show."""
    return field(default=default, metadata={"help": help})


def flag(name: str) -> str:
    """Return the command-line flag of a field: `--max-body-mb`."""
    return "--" + name.replace("_", "-")


def variable(name: str) -> str:
    """Return the environment variable of a field: `HUMANLOOP_EMULATOR_MAX_BODY_MB`."""
    return PREFIX + name.upper()


@dataclass(frozen=True)
class Settings:
    """The settings of one application, checked when they are made: a ValueError names the option that is wrong.

    `db` is a path afterwards, or `:memory:`, which keeps everything in the process.
    """

    db: str = option("data/humanloop.db", "Database file, sqlite:/// URL, or :memory:.")
    api_keys: str = option("", "Accepted keys as key=organisation,…; empty accepts any non-empty key.")
    organisation_per_key: bool = option(False, "Give every new key its own empty organisation.")
    strict: bool = option(False, "Refuse unknown fields and query parameters.")
    public_url: str = option("", "Base of the links in answers; empty takes it from the request.")
    max_body_mb: int = option(64, "Largest request body, in MiB.")
    host: str = option("127.0.0.1", "Address to listen on.")
    port: int = option(8904, "Port to listen on; 0 picks a free one.")
    workers: int = option(1, "Server processes.")
    log_level: str = option("warning", "debug, info, warning or error.")

    def __post_init__(self) -> None:
        object.__setattr__(self, "db", _database_path(self.db))
        _require("max_body_mb", self.max_body_mb >= 1, f"must be at least 1, not {self.max_body_mb}")
        _require("port", 0 <= self.port <= 65535, f"must be between 0 and 65535, not {self.port}")
        _require("workers", self.workers >= 1, f"must be at least 1, not {self.workers}")
        levels = ", ".join(LOG_LEVELS)
        _require("log_level", self.log_level in LOG_LEVELS, f"must be one of {levels}, not {self.log_level!r}")
        alone = self.db != ":memory:" or self.workers == 1
        _require("workers", alone, "must be 1 with the database :memory:, which processes cannot share")

    @classmethod
    def from_env(cls, env: Mapping[str, str] = os.environ, **overrides: Any) -> "Settings":
        """Read the settings from the environment; keyword arguments win, and an empty variable counts as unset."""
        values: dict[str, Any] = {}
        for item in fields(cls):
            text = env.get(variable(item.name))
            if text:
                values[item.name] = _parse(item.name, item.type, text)
        return cls(**values | overrides)

    def key_table(self) -> dict[str, str]:
        """Return the listed keys with their organisations; empty when any key is accepted."""
        pairs = (pair.partition("=") for pair in self.api_keys.split(",") if pair.strip())
        return {key.strip(): organisation.strip() or "default" for key, _, organisation in pairs}


def options_table() -> str:
    """Write all options as the Markdown table that stands in the README."""
    lines = ["| Flag | Environment variable | Default | Meaning |", "|---|---|---|---|"]
    for item in fields(Settings):
        default = str(item.default).lower() if item.type is bool else str(item.default)
        shown = f"`{default}`" if default else "(empty)"
        lines.append(f"| `{flag(item.name)}` | `{variable(item.name)}` | {shown} | {item.metadata['help']} |")
    return "\n".join(lines) + "\n"


def _parse(name: str, kind: Any, text: str) -> Any:
    if kind is bool:
        _require(name, text.lower() in BOOLEANS, f"must be true or false, not {text!r}")
        return BOOLEANS[text.lower()]
    if kind is int:
        try:
            return int(text)
        except ValueError:
            raise _invalid(name, f"must be a whole number, not {text!r}") from None
    return text


def _database_path(target: str) -> str:
    path = target.removeprefix("sqlite:///")
    scheme, separator, _ = path.partition("://")  # the rest may hold a password: it is not repeated
    supported = "must be a path, sqlite:///path or :memory:; only SQLite is supported"
    _require("db", not separator, f"{supported}, not {scheme}://")
    _require("db", path != "", "names no file")
    return path


def _require(name: str, holds: bool, complaint: str) -> None:
    if not holds:
        raise _invalid(name, complaint)


def _invalid(name: str, complaint: str) -> ValueError:
    return ValueError(f"{flag(name)} ({variable(name)}) {complaint}.")
