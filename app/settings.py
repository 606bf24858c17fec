"""Every option of the emulator: one field is one command-line flag, one environment variable and one README row."""

import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields
from typing import Any
from urllib.parse import urlsplit

from .bundled import DEFAULT
from .clock import read_time

VERSION = "0.1.0"  # setup.cfg reads it from here, so that a clone that was never installed knows it too

PREFIX = "HUMANLOOP_EMULATOR_"
LOG_LEVELS = ("debug", "info", "warning", "error")
POSTGRESQL = ("postgresql://", "postgres://")
JOBS = ("thread", "immediate", "off")
PYTHON_RUNTIMES = ("auto", "monty", "confined", "process", "off")
NO_PATH = re.compile(r"postgres(ql)?:|.*(password|dbname)\s*=", re.IGNORECASE | re.DOTALL)
"""What is meant for PostgreSQL and is no URL: as the name of a file it would show a password."""
REDIS = ("redis://", "rediss://", "unix://")
BOOLEANS = {"1": True, "true": True, "yes": True, "on": True, "0": False, "false": False, "no": False, "off": False}


SHORTEST = 0.01
LONGEST = 86_400
"""Limits on waiting, in seconds: more than a day is no limit, and some systems cannot wait that long."""

LEAST = {"max_body_mb": 1, "db_connections": 1, "workers": 1, "threads": 1, "model_retries": 0, "journal": 0}
"""The least that whole numbers may be."""

NUMBERS = {int: "a whole number", float: "a number"}


class SettingsError(ValueError):
    """An option has a wrong value; the text names it."""


MODELS, CODE = "models", "code"


def option(default: Any, help: str, about: str = "") -> Any:
    """Declare an option: `--help` and the README show the sentence; `about` says which other commands take it."""
    return field(default=default, metadata={"help": help, "about": about})


def names_of(about: str) -> tuple[str, ...]:
    """Return the names of the options about MODELS or CODE, which other commands besides `serve` take."""
    return tuple(item.name for item in fields(Settings) if item.metadata["about"] == about)


def flag(name: str) -> str:
    """Return the command-line flag of a field: `--max-body-mb`."""
    return "--" + name.replace("_", "-")


def variable(name: str) -> str:
    """Return the environment variable of a field: `HUMANLOOP_EMULATOR_MAX_BODY_MB`."""
    return PREFIX + name.upper()


@dataclass(frozen=True)
class Settings:
    """The settings of one application, checked when they are made: SettingsError names the option that is wrong.

    `db` becomes a path, a PostgreSQL URL, or `:memory:`, which keeps everything in the process.
    """

    db: str = option("data/humanloop.db", "Database file, sqlite:/// or postgresql:// URL, or :memory:.")
    db_connections: int = option(10, "Most connections that one process opens to PostgreSQL.")
    seed: str = option(DEFAULT, "What a new workspace starts with: default, demo, none, or a folder of your own.")
    api_keys: str = option("", "Accepted keys as key=organisation,…; empty accepts any non-empty key.")
    admin_key: str = option("", "Key for the routes below /_emulator, which listed API keys close otherwise.")
    organisation_per_key: bool = option(False, "Give every new key its own organisation.")
    strict: bool = option(False, "Refuse unknown fields and query parameters, and values of the wrong type.")
    public_url: str = option("", "Base URL of links in answers; empty takes it from the request.")
    max_body_mb: int = option(64, "Largest request body, in MiB.")
    host: str = option("127.0.0.1", "Address to listen on.")
    port: int = option(8904, "Port to listen on; 0 picks a free one.")
    seed_ids: str = option("", "Seed for ids, which makes equal requests give equal answers; empty makes random ids.")
    clock: str = option("", "Time at which the clock starts frozen, in ISO 8601; empty uses the real time.")
    journal: int = option(0, "Number of requests that the journal keeps; 0 switches it off.")
    workers: int = option(1, "Number of server processes.")
    threads: int = option(16, "Threads of a server process for requests that have to wait, and of a worker for jobs.")
    jobs: str = option(
        "thread", "How Logs are judged and Runs filled: thread (a process of its own), immediate, or off."
    )
    redis_url: str = option("", "Redis for the queue of jobs; empty keeps it in the database.")
    models: str = option("", "Folder with rules for scripted models; empty uses the bundled ones.", MODELS)
    openai_base_url: str = option("", "OpenAI-compatible API to forward model calls to; empty forwards none.", MODELS)
    openai_api_key: str = option("", "Key for that API, unless a call brings its own.", MODELS)
    openai_providers: str = option("openai,openai_azure,deepseek,groq", "Providers whose calls are forwarded.", MODELS)
    model_timeout: float = option(
        60.0, "Seconds to wait for the answer to a forwarded call, and between pieces of a stream.", MODELS
    )
    model_retries: int = option(2, "How often a failed forwarded call is retried.", MODELS)
    python_runtime: str = option("auto", "Where Python code runs: auto, monty, confined, process or off.", CODE)
    python_timeout: float = option(5.0, "Seconds that one run of Python code may take.", CODE)
    python_memory_mb: int = option(512, "Memory that one run of Python code may use, in MiB.", CODE)
    python_packages: str = option("", "Folder that Python code may import from, filled by pip install --target.", CODE)
    log_level: str = option("warning", "Least level that is logged: debug, info, warning or error.")

    def __post_init__(self) -> None:
        object.__setattr__(self, "db", _database_path(self.db))
        object.__setattr__(self, "seed", self.seed or DEFAULT)
        for name, least in LEAST.items():
            number = getattr(self, name)
            _require(name, number >= least, f"must be at least {least}, not {number}")
        _require("port", 0 <= self.port <= 65535, f"must be between 0 and 65535, not {self.port}")
        for name, choices in (("log_level", LOG_LEVELS), ("jobs", JOBS), ("python_runtime", PYTHON_RUNTIMES)):
            value = getattr(self, name)
            _require(name, value in choices, f"must be one of {', '.join(choices)}, not {value!r}")
        for name in ("model_timeout", "python_timeout"):
            seconds = getattr(self, name)
            held = SHORTEST <= seconds <= LONGEST  # which is false for nan
            _require(name, held, f"must be between {SHORTEST} and {LONGEST}, not {seconds}")
        memory = self.python_memory_mb
        _require("python_memory_mb", memory > 0, f"must be above 0, not {memory}")
        served = not self.openai_base_url or _is_http(self.openai_base_url)
        _require("openai_base_url", served, "must be an http:// or https:// URL with a host")
        queued = not self.redis_url or self.redis_url.startswith(REDIS)
        _require("redis_url", queued, f"must begin with one of {', '.join(REDIS)}")
        _require("clock", not self.clock or _is_time(self.clock), f"must be an ISO 8601 time, not {self.clock!r}")
        alone = not self.journal or self.workers == 1
        _require("workers", alone, f"must be 1 with {flag('journal')}, because each process has a journal of its own")
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

    def organisations(self) -> list[str]:
        """Return the organisations that the listed keys open; the default one when any key is accepted."""
        return sorted(set(self.key_table().values())) or ["default"]


def unknown_variables(env: Mapping[str, str] = os.environ) -> Iterator[str]:
    """Yield a sentence about each variable that looks like an option and is not: a misspelt one has no effect."""
    options = [item.name.upper() for item in fields(Settings)]
    for name in sorted(env):
        option = name.removeprefix(PREFIX)
        if name.startswith(PREFIX) and option not in options:
            from difflib import get_close_matches  # which a start without such variables does not need

            nearest = get_close_matches(option, options, n=1)
            yield f"{name} is not an option" + (f": did you mean {PREFIX}{nearest[0]}?" if nearest else ".")


def options_table() -> str:
    """Write all options as the Markdown table in the README."""
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
    if kind in NUMBERS:
        try:
            return kind(text)
        except ValueError:
            raise _invalid(name, f"must be {NUMBERS[kind]}, not {text!r}") from None
    return text


def _is_time(text: str) -> bool:
    try:
        read_time(text)
    except ValueError:
        return False
    return True


def _is_http(url: str) -> bool:
    try:
        parts = urlsplit(url)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:  # an unclosed bracket, or a port that is not a number or too large
        return False


def _database_path(target: str) -> str:
    if target.startswith(POSTGRESQL):
        return target
    path = target.removeprefix("sqlite:///")
    supported = "must be a path, sqlite:///path, postgresql://… or :memory:"
    _require("db", not NO_PATH.match(path), f"{supported}; PostgreSQL takes postgresql://user:password@host/name")
    scheme, separator, _ = path.partition("://")  # the rest may hold a password: it is not repeated
    _require("db", not separator, f"{supported}, not {scheme}://")
    _require("db", path != "", "must name a file")
    return path


def _require(name: str, holds: bool, complaint: str) -> None:
    if not holds:
        raise _invalid(name, complaint)


def _invalid(name: str, complaint: str) -> SettingsError:
    return SettingsError(f"{flag(name)} ({variable(name)}) {complaint}.")
