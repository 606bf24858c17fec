"""Run the matrix and write its table: python -m tests.matrix [CLIENT…]"""

import argparse
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests.builders.processes import ServerProcess

from . import table
from .clients import CLIENTS, Unreachable, default_cache, environment
from .outcomes import Outcome, run_program


def main() -> int:
    """Run the programs against one server, write docs/clients.md, and return 1 if a step failed."""
    options = argparse.ArgumentParser(prog="python -m tests.matrix", description=__doc__)
    options.add_argument("clients", nargs="*", metavar="CLIENT", help=f"which; without, all: {', '.join(CLIENTS)}")
    options.add_argument("--cache", type=Path, default=default_cache(), help="where environments are kept: %(default)s")
    options.add_argument("--parallel", type=int, default=2, help="how many run at a time: %(default)s")
    given = options.parse_args()
    unknown = [name for name in given.clients if name not in CLIENTS]
    if unknown:
        options.error(f"unknown: {', '.join(unknown)}; known are {', '.join(CLIENTS)}")

    seen: dict[str, dict[str, Outcome]] = {}
    with tempfile.TemporaryDirectory() as work, ThreadPoolExecutor(given.parallel) as pool:
        server = ServerProcess(str(Path(work) / "emulator.db"), Path(work) / "errors.txt", "--organisation-per-key")
        server.start()

        def run(name: str) -> None:
            try:
                folder = environment(CLIENTS[name], given.cache)
            except Unreachable as error:
                print(f"{name}: skipped. {error}")
                return
            seen[name] = run_program(CLIENTS[name], folder, server.url, name, Path(work))
            print(f"{name}: done", flush=True)

        try:
            list(pool.map(run, given.clients or CLIENTS))
        finally:
            server.close()

    print(table.update({name: {step: item.cell for step, item in column.items()} for name, column in seen.items()}))
    failed = [(name, step, item.reason) for name in seen for step, item in seen[name].items() if item.reason]
    for name, step, reason in failed:
        print(f"{name}, {step}: {reason}")
    passed = sum(item.outcome == "passed" for column in seen.values() for item in column.values())
    print(f"{passed} passed, {len(failed)} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    raise SystemExit(main())
