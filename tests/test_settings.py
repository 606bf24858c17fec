"""Settings: where they come from, what is refused, and that each one is documented."""

from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest

from humanloop_emulator.settings import Settings, options_table, variable

README = Path(__file__).resolve().parents[1] / "README.md"
OTHER_VALUES: dict[str, Any] = {
    "db": "other.db",
    "seed": "fixtures/demo",
    "api_keys": "hl_a=acme",
    "admin_key": "secret",
    "organisation_per_key": True,
    "strict": True,
    "public_url": "https://example.org",
    "max_body_mb": 7,
    "host": "::1",
    "port": 1234,
    "seed_ids": "7",
    "clock": "2025-05-01T12:00:00.000000Z",
    "journal": 100,
    "workers": 3,
    "db_connections": 3,
    "threads": 4,
    "jobs": "off",
    "redis_url": "redis://127.0.0.1:6379/0",
    "models": "fixtures/models",
    "openai_base_url": "http://127.0.0.1:11434/v1",
    "openai_api_key": "sk-local",
    "openai_providers": "openai,groq",
    "model_timeout": 5.5,
    "model_retries": 0,
    "python_runtime": "process",
    "python_timeout": 0.5,
    "python_memory_mb": 64,
    "python_packages": "lib/evaluators",
    "log_level": "debug",
}


def test_every_option_is_tested() -> None:
    assert set(OTHER_VALUES) == {item.name for item in fields(Settings)}


@pytest.mark.parametrize("name", OTHER_VALUES)
def test_every_option_is_an_environment_variable(name: str) -> None:
    settings = Settings.from_env({variable(name): str(OTHER_VALUES[name])})
    assert settings == Settings(**{name: OTHER_VALUES[name]})
    assert settings != Settings()


def test_every_option_is_a_row_of_the_readme() -> None:
    rows = [line for line in README.read_text(encoding="utf-8").splitlines() if line.startswith("| `--")]
    assert rows == [line for line in options_table().splitlines() if line.startswith("| `--")]


def test_row_shows_flag_variable_default_and_meaning() -> None:
    row = "| `--host` | `HUMANLOOP_EMULATOR_HOST` | `127.0.0.1` | Address to listen on. |"
    assert row in options_table().splitlines()


def test_keyword_arguments_win_over_the_environment() -> None:
    assert Settings.from_env({"HUMANLOOP_EMULATOR_PORT": "1"}, port=2).port == 2


def test_empty_variable_counts_as_unset() -> None:
    assert Settings.from_env({variable(name): "" for name in OTHER_VALUES}) == Settings()


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("port", "-1"),
        ("port", "65536"),
        ("port", "http"),
        ("workers", "0"),
        ("max_body_mb", "0"),
        ("db_connections", "0"),
        ("threads", "0"),
        ("model_retries", "-1"),
        ("jobs", "later"),
        ("python_runtime", "bare"),
        ("log_level", "loud"),
        ("strict", "maybe"),
        ("db", "mysql://localhost/x"),
        ("db", "sqlite:///"),
        ("python_timeout", "inf"),
        ("python_timeout", "nan"),
        ("python_timeout", "1e-9"),
        ("python_timeout", "1e300"),
        ("python_memory_mb", "0"),
        ("model_timeout", "inf"),
        ("model_timeout", "-1"),
        ("openai_base_url", "127.0.0.1:11434/v1"),
        ("openai_base_url", "ftp://127.0.0.1/v1"),
        ("openai_base_url", "http:///v1"),
        ("openai_base_url", "http://[::1/v1"),
        ("openai_base_url", "http://localhost:v1"),
        ("openai_base_url", "http://localhost:99999"),
        ("redis_url", "127.0.0.1:6379"),
        ("redis_url", "http://127.0.0.1:6379"),
        ("redis_url", "redis:127.0.0.1"),
        ("redis_url", "redis"),
    ],
)
def test_wrong_value_is_refused_by_the_name_of_its_option(name: str, text: str) -> None:
    with pytest.raises(ValueError, match=variable(name)):
        Settings.from_env({variable(name): text})


def test_other_databases_are_refused_without_repeating_their_password() -> None:
    with pytest.raises(ValueError, match="must be a path") as error:
        Settings(db="mysql://user:hunter2@localhost/x")
    assert "hunter2" not in str(error.value)


@pytest.mark.parametrize(
    "target",
    [
        "host=127.0.0.1 port=1 password=hunter2 dbname=x",
        "host=127.0.0.1 user=hunter2 DBNAME = x",
        "password=hunter2://x",
        "postgresql:user:hunter2@host/x",
        "postgres:/user:hunter2@host/x",
        "sqlite:///postgresql:user:hunter2@host/x",
    ],
)
def test_what_is_nearly_a_url_is_no_path_that_shows_a_password(target: str) -> None:
    with pytest.raises(ValueError, match="must be a path") as error:
        Settings(db=target)
    assert "hunter2" not in str(error.value) and "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("target", "path"),
    [
        ("some/file.db", "some/file.db"),
        ("postgresql/file.db", "postgresql/file.db"),
        ("/some/file.db", "/some/file.db"),
        ("sqlite:///file.db", "file.db"),
        ("sqlite:////some/file.db", "/some/file.db"),
        (":memory:", ":memory:"),
        ("sqlite:///:memory:", ":memory:"),
    ],
)
def test_database_is_a_path_a_url_or_memory(target: str, path: str) -> None:
    assert Settings(db=target).db == path


@pytest.mark.parametrize("target", [":memory:", "sqlite:///:memory:"])
def test_memory_database_is_for_one_process(target: str) -> None:
    with pytest.raises(ValueError, match=":memory:"):
        Settings(db=target, workers=2)


def test_key_table() -> None:
    assert Settings(api_keys="a=acme, b = beta,c,").key_table() == {"a": "acme", "b": "beta", "c": "default"}
    assert Settings().key_table() == {}
