"""Memory and start-up of a process of its own."""

import subprocess
import sys

PROGRAM = """
import resource, time
start = time.perf_counter()
from humanloop_emulator import create_app
from humanloop_emulator.settings import Settings
imported = time.perf_counter()
app = create_app(Settings(db=":memory:"))
ready = time.perf_counter()
app.test_client().get("/v5/prompts", headers={"X-API-KEY": "bench"})
first = time.perf_counter()
memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
print(1e3 * (imported - start), 1e3 * (ready - imported), 1e3 * (first - ready), memory)
"""


def run() -> list[str]:
    """Return one line about an application on a database in memory."""
    best = min((_measured() for _ in range(3)), key=sum)
    return [
        "start-up and memory: import {:.0f} ms, create_app {:.0f} ms, first request {:.0f} ms, {:.0f} MiB".format(*best)
    ]


def _measured() -> list[float]:
    done = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=True)
    return [float(number) for number in done.stdout.split()]
