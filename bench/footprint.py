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
print(f"import {1e3 * (imported - start):.0f} ms, create_app {1e3 * (ready - imported):.0f} ms, "
      f"first request {1e3 * (first - ready):.0f} ms, memory {memory:.0f} MiB")
"""


def run() -> list[str]:
    """Return one line about an application on a database in memory."""
    best = min(
        (subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=True).stdout, number)
        for number in range(3)
    )
    return [f"start-up and memory: {best[0].strip()}"]
