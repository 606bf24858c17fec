"""Runs the snippets of the documentation against an application in this process, as a reader runs them."""

import contextlib
import io
import linecache
import re
import shlex
import signal
import threading
import time
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import httpx
import humanloop
import pytest
from flask import Flask
from werkzeug.test import TestResponse

from .docs_reader import Page

SERVER = "http://127.0.0.1:8904"
ASSIGNMENT = re.compile(r"(\w+)=(.*)", re.DOTALL)
PICKED = re.compile(r"\$\((.*) \| jq -r \.(\w+)\)", re.DOTALL)


@contextlib.contextmanager
def sdk_on(app: Flask) -> Iterator[None]:
    """Let clients of the SDK call the application, and `evaluations.run` look again at once and not in five seconds."""
    handlers = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    original, pause = humanloop.Humanloop, threading.Event()

    def make(**options: Any) -> humanloop.Humanloop:
        options.setdefault("httpx_client", httpx.Client(transport=httpx.WSGITransport(app)))
        return original(**options)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(humanloop, "Humanloop", make)
        patch.setattr("humanloop.evals.run.time", SimpleNamespace(time=time.time, sleep=lambda _: pause.wait(0.05)))
        yield
    for number, handler in handlers.items():
        signal.signal(number, handler)


def run_python(document: Page, app: Flask) -> list[str]:
    """Run all Python snippets of a page in one namespace and return the lines that they print."""
    namespace: dict[str, Any] = {"__name__": "__main__"}
    printed = io.StringIO()
    with sdk_on(app), contextlib.redirect_stdout(printed), contextlib.redirect_stderr(io.StringIO()):
        for snippet in document.of_language("python"):
            source = "\n" * (snippet.line - 1) + snippet.text
            name = f"{document.path}:{snippet.line}"
            linecache.cache[name] = (len(source), None, source.splitlines(keepends=True), name)  # the SDK reads it
            exec(compile(source, name, "exec"), namespace)
    return printed.getvalue().splitlines()


def commands(text: str) -> list[str]:
    """Return the commands of a shell snippet; one may go on over several lines while a quote is open."""
    found, waiting = [], ""
    for line in text.splitlines():
        waiting = f"{waiting}\n{line}" if waiting else line
        if waiting.count("'") % 2 == 0:
            found.append(waiting)
            waiting = ""
    return [command.strip() for command in found if command.strip()]


class Shell:
    """Runs the curl commands and assignments of a page in process."""

    def __init__(self, app: Flask) -> None:
        self.http = app.test_client()
        self.variables: dict[str, str] = {}
        self.sent: list[str] = []

    def run(self, command: str) -> None:
        """Run an assignment or a curl command; others are left alone."""
        assigned = ASSIGNMENT.fullmatch(command)
        if assigned:
            name, value = assigned.groups()
            picked = PICKED.fullmatch(value)
            if picked:
                self.variables[name] = self.curl(picked[1]).get_json()[picked[2]]
            elif "$" not in value:
                self.variables[name] = shlex.split(value)[0]
        elif command.startswith("curl "):
            self.curl(command)

    def curl(self, command: str) -> TestResponse:
        """Send what a curl command sends; anything but success is an error."""
        words = [self._filled(word) for word in shlex.split(command)[1:]]
        method, headers, data, url = "", {}, None, ""
        arguments = iter(words)
        for word in arguments:
            match word:
                case "-s" | "-sf":
                    pass
                case "-X":
                    method = next(arguments)
                case "-H":
                    name, _, value = next(arguments).partition(": ")
                    headers[name] = value
                case "-d":
                    data = next(arguments)
                case _:
                    assert word.startswith(SERVER), f"unknown argument of curl: {word}"
                    url = word.removeprefix(SERVER)
        method = method or ("POST" if data is not None else "GET")
        answer = self.http.open(url, method=method, headers=headers, data=data)
        assert answer.status_code < 300, f"{command}\n{answer.status_code} {answer.text}"
        self.sent.append(f"{method} {url}")
        return answer

    def _filled(self, word: str) -> str:
        return re.sub(r"\$(\w+)", lambda name: self.variables[name[1]], word)
