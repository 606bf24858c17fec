"""What is Monty's own: the setting it advises, and the one pool that a process has."""

import os
import subprocess
import sys
from textwrap import dedent

import psutil
import pytest

from humanloop_emulator.runtime.sandbox import make
from humanloop_emulator.runtime.sandbox.base import Limits, Outcome, Sandbox

TRIVIAL = "def f(x):\n    return x + 1"


@pytest.fixture
def sandbox() -> Sandbox:
    return make("monty", Limits())


def python(code: str) -> list[str]:
    """Run a script in a fresh interpreter that finds the package, and return the lines that it prints."""
    done = subprocess.run(
        [sys.executable, "-c", dedent(code)],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


@pytest.mark.parametrize(
    ("code", "named"),
    [
        ("class A: pass\nclass B(A): pass\ndef f(): return 1", "class inheritance"),
        ("class A:\n    @property\n    def x(self): return 1\ndef f(): return A().x", "property"),
        ("def f():\n    yield 1", "yield"),
        ("def f():\n    x = 1\n    del x", "'del' statement"),
        ("import numpy\ndef f(): return 1", "numpy"),
        ("def f():\n    from difflib import ndiff", "ndiff"),
        ("import textwrap\ndef f(): return textwrap.wrap('x')", "wrap"),
        ("from collections import ChainMap\ndef f(): return 1", "ChainMap"),
        ("import jsonschema\ndef f(): jsonschema.validate(1, {'unevaluatedItems': False})", "unevaluatedItems"),
        ("import sys\ndef f(): sys.exit(1)", "exit"),
        ("def f(): return globals()", "globals"),
        ("def f(): return (1).__class__", "__class__"),
        ("def f(): return open('x')", "/x"),
    ],
)
def test_what_it_does_not_support_names_construct_and_setting(sandbox: Sandbox, code: str, named: str) -> None:
    outcome = sandbox.run(code)
    assert outcome.error is not None
    assert named in outcome.error.splitlines()[0]
    assert "--python-runtime process (HUMANLOOP_EMULATOR_PYTHON_RUNTIME=process)" in outcome.error


@pytest.mark.parametrize("code", ["return ''.nothing", "raise NotImplementedError", "return x"])
def test_mistakes_of_the_code_advise_nothing(sandbox: Sandbox, code: str) -> None:
    error = sandbox.run(f"def f(): {code}").error
    assert error is not None
    assert "process" not in error


def test_code_may_do_without_what_is_missing(sandbox: Sandbox) -> None:
    code = "try:\n    import numpy\nexcept ImportError:\n    numpy = None\ndef f(): return numpy is None"
    assert sandbox.run(code) == Outcome(True)


def test_workers_that_died_are_replaced(sandbox: Sandbox) -> None:
    assert sandbox.run(TRIVIAL, (1,)) == Outcome(2)
    workers = [child for child in psutil.Process().children() if "monty" in child.name()]
    assert workers
    for worker in workers:
        worker.kill()
    assert [sandbox.run(TRIVIAL, (number,)) for number in range(10)] == [Outcome(number + 1) for number in range(10)]


def test_work_that_no_limit_interrupts_is_killed() -> None:
    code = "def f():\n    x = 3\n    for _ in range(10000):\n        x = x * x"
    outcome = make("monty", Limits(seconds=0.2)).run(code)
    assert outcome.error == "TimeoutError: the code did not finish within 0.2 s (--python-timeout)"


def test_asking_for_the_environment_without_end(sandbox: Sandbox) -> None:
    outcome = sandbox.run("import os\ndef f():\n    while True:\n        os.getenv('A')")
    assert "suspension limit" in (outcome.error or "")


def test_it_is_imported_when_the_first_code_runs() -> None:
    assert python(
        """
        import sys
        from humanloop_emulator.runtime.sandbox import make
        from humanloop_emulator.runtime.sandbox.base import Limits
        sandbox = make("monty", Limits())
        print("pydantic_monty" in sys.modules)
        print(sandbox.run("def f(): return 1").value)
        """
    ) == ["False", "1"]


def test_a_fork_uses_it_only_if_its_parent_did_not() -> None:
    assert python(
        """
        import os
        from humanloop_emulator.runtime.sandbox import make
        from humanloop_emulator.runtime.sandbox.base import Limits
        sandbox = make("monty", Limits())

        def in_child():
            child = os.fork()
            if not child:
                outcome = sandbox.run("def f(): return 'child'")
                print(outcome.value or outcome.error, flush=True)
                raise SystemExit
            os.waitpid(child, 0)

        in_child()
        print(sandbox.run("def f(): return 'parent'").value, flush=True)
        in_child()
        print(sandbox.run("def f(): return 'parent'").value, flush=True)
        """
    ) == [
        "child",
        "parent",
        "The sandbox cannot run in a process that was forked after its first use, but "
        "--python-runtime process (HUMANLOOP_EMULATOR_PYTHON_RUNTIME=process) can.",
        "parent",
    ]
