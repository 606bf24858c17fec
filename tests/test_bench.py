"""The benchmarks run; what they measure is not tested here, for times depend on the machine."""

from bench import bulk, fixtures, footprint, runs
from bench.measure import Result


def test_a_line_says_whether_the_aim_is_reached() -> None:
    assert Result("link", 0.002, 0.004, 0.5).line().split()[1:] == [
        "2000",
        "µs",
        "4000",
        "µs",
        "0.50",
        "≤",
        "0.5",
        "ok",
    ]
    assert Result("link", 0.003, 0.004, 0.5).line().split()[-3:] == ["≤", "0.5", "MISSED"]
    assert Result("link", 0.02, 0.01, None).line().split() == ["link", "20.0", "ms", "10.0", "ms", "2.00"]


def test_the_bulk_benchmarks_run() -> None:
    results = bulk.run(20)
    assert [result.name for result in results] == ["link 20 logs", "stats of 20 logs x 3"]


def test_memory_and_start_up_are_told() -> None:
    (line,) = footprint.run()
    assert "create_app" in line and "MiB" in line


def test_the_benchmark_of_a_run_on_a_server_runs() -> None:
    results = runs.run(20)
    assert [result.name for result in results] == ["orchestrated run of 20 x 3", "GET during the run, median"]


def test_the_benchmark_of_the_fixture_runs() -> None:
    results = fixtures.run(3, 2)
    names = ["test with the fixture, of 3", "the same with two requests (peer: a server)"]
    assert [result.name for result in results] == names
