"""Code that never ends, takes too much, or says too much is stopped, in every runtime."""

from threading import Thread

import psutil
import pytest

from humanloop_emulator.runtime.sandbox import make
from humanloop_emulator.runtime.sandbox.base import Limits, Outcome, Sandbox
from tests.builders.sandboxes import LOG, SMALL, error, value

FOREVER = "def check(log):\n    while True:\n        pass"


GREEDY = {
    "list": "def check(log):\n    x = []\n    while True:\n        x.append('a' * 10000)",
    "text": "def check(log):\n    return len('x' * 10**10)",
    "power": "def check(log):\n    return 7 ** (10 ** 10) % 10",
    "dict": "def check(log):\n    x = {}\n    while True:\n        x[len(x)] = 'a' * len(x)",
    "doubling": "def check(log):\n    x = [0]\n    while True:\n        x = x + x",
    "caught": "def check(log):\n    try:\n        x = 'x' * 10**10\n    except ValueError:\n        return 1",
    "loading": "x = [0] * 10**9\ndef check(log):\n    return 1",
}


@pytest.mark.parametrize("loop", ["pass", "time.sleep(0.05)"])
def test_code_that_never_ends(runtime: str, loop: str) -> None:
    code = f"import time\ndef f(log):\n    while True:\n        {loop}"
    outcome = make(runtime, SMALL).run(code, (LOG,))
    assert (outcome.value, outcome.error) == (
        None,
        "TimeoutError: the code did not finish within 0.3 s (--python-timeout)",
    )


@pytest.mark.parametrize("code", GREEDY.values(), ids=GREEDY)
def test_code_that_takes_gigabytes(small: Sandbox, code: str) -> None:
    before = psutil.Process().memory_info().rss
    told = error(small, code, LOG)
    assert told in (
        "MemoryError: the code needs more than 64 MiB (--python-memory-mb)",
        "TimeoutError: the code did not finish within 1 s (--python-timeout)",
    )
    assert psutil.Process().memory_info().rss - before < 64 << 20


def test_recursion_without_end(small: Sandbox) -> None:
    told = error(small, "def f(n):\n    return f(n) + 1", 1)
    assert told.startswith("RecursionError: ")
    assert told.count("line 2, in f") == 5
    assert value(small, "def f(n):\n    return n and 1 + f(n - 1)", 80) == 80


@pytest.mark.parametrize(
    "code", ["while True: print('x' * 1000)", "print('x' * 10**7)", "print('x' * 17000); return 1"]
)
def test_printing_without_end(small: Sandbox, code: str) -> None:
    before = psutil.Process().memory_info().rss
    outcome = small.run(f"def f():\n    {code}")
    assert (outcome.value, outcome.error) == (None, "The code printed more than 16 KiB.")
    assert len(outcome.stdout or "") <= 16 * 1024
    assert psutil.Process().memory_info().rss - before < 32 << 20


@pytest.mark.parametrize("code", ["'x' * 20000", "'é' * 10000", "'x' * 10**7", "[0] * 10000"])
def test_values_that_are_too_long(small: Sandbox, code: str) -> None:
    assert error(small, f"def len(x): return 0\ndef f():\n    return {code}") == "The code returned more than 16 KiB."
    assert value(small, "def f():\n    return 'x' * 16000") == "x" * 16000


def test_messages_that_are_too_long_are_cut(small: Sandbox) -> None:
    assert len(error(small, "def f():\n    raise ValueError('x' * 10**6)  # " + "y" * 10_000)) < 6000


def test_code_that_does_not_end_stops_nobody(runtime: str) -> None:
    slow = make(runtime, Limits(seconds=1))
    outcomes: list[Outcome] = []
    threads = [Thread(target=lambda: outcomes.append(slow.run(FOREVER, (LOG,)))) for _ in range(3)]
    for thread in threads:
        thread.start()
    assert value(make(runtime, Limits()), "def f(log):\n    return log['output']", LOG) == LOG["output"]
    assert not outcomes
    for thread in threads:
        thread.join()
    assert {outcome.error for outcome in outcomes} == {
        "TimeoutError: the code did not finish within 1 s (--python-timeout)"
    }


def test_many_threads_at_once(sandbox: Sandbox) -> None:
    outcomes: dict[int, list[Outcome]] = {}

    def work(number: int) -> None:
        code = "def f(x):\n    print(x)\n    return x * 2"
        outcomes[number] = [sandbox.run(code, (number,)) for _ in range(3)]

    threads = [Thread(target=work, args=(number,)) for number in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert outcomes == {number: [Outcome(number * 2, f"{number}\n")] * 3 for number in range(10)}
