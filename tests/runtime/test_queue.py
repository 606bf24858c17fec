"""The queue of jobs: who adds them to it."""

import threading

from humanloop_emulator.waiting import without_waiting
from tests.conftest import make_app


def test_another_thread_adds_the_jobs_of_requests_that_must_not_wait() -> None:
    queue = make_app(jobs="off").extensions["emulator"].runtime.jobs
    adding: list[threading.Thread] = []
    queue.when_added = lambda: adding.append(threading.current_thread())
    with without_waiting():
        queue.fill(1, 1)
        queue.fill(1, 2)
    queue.stop()
    assert len(adding) == 2
    assert len({threading.current_thread(), *adding}) == 2, "one other thread, which keeps their order"


def test_requests_that_may_wait_add_their_jobs_themselves() -> None:
    queue = make_app(jobs="off").extensions["emulator"].runtime.jobs
    adding: list[threading.Thread] = []
    queue.when_added = lambda: adding.append(threading.current_thread())
    queue.fill(1, 1)
    assert adding == [threading.current_thread()]
