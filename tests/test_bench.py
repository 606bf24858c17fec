"""The benchmarks run; what they measure is not tested here, for times depend on the machine."""

from bench import bulk, fixtures, footprint, runs


def test_the_bulk_benchmarks_run() -> None:
    results = bulk.run(20)
    assert [result.name for result in results] == ["link 20 logs", "stats of 20 logs x 3"]
    assert all(result.ours > 0 and result.peer > 0 for result in results)


def test_memory_and_start_up_are_told() -> None:
    (line,) = footprint.run()
    assert "create_app" in line and "MiB" in line


def test_the_benchmark_of_a_run_on_a_server_runs() -> None:
    results = runs.run(20)
    assert [result.name for result in results] == ["orchestrated run of 20 x 3", "GET during the run, median"]


def test_the_benchmark_of_the_fixture_runs() -> None:
    results = fixtures.run(3, 2)
    assert results[0].name == "test with the fixture, of 3"
    assert all(result.ours > 0 and result.peer > 0 for result in results)
