"""`python -m bench` prints how fast the hot paths are, against what they cannot be faster than."""

import argparse

from . import bulk, fixtures, footprint, requests, runs
from .measure import Result


def main() -> None:
    """Run the benchmarks and print one line for each."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--logs", type=int, default=10_000, help="Logs of the run that is linked and counted.")
    parser.add_argument("--datapoints", type=int, default=1_000, help="Datapoints of the run that the server makes.")
    options = parser.parse_args()
    print(f"{'benchmark':<44}{'ours':>12}{'peer':>12}{'ratio':>8}  aim")
    results: list[Result] = [*requests.run(), *bulk.run(options.logs), *runs.run(options.datapoints), *fixtures.run()]
    for result in results:
        print(result.line())
    for line in footprint.run():
        print(line)


if __name__ == "__main__":
    main()
