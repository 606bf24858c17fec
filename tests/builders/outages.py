"""Clients that write all the time, and what they notice of a database that goes away."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import requests

HEADERS = {"X-API-KEY": "key"}


class Writer:
    """Logs in a thread, one after the other, and keeps what was acknowledged and what was refused."""

    def __init__(self, url: str, path: str) -> None:
        self._url, self._path = f"{url}/v5/prompts/log", path
        self._end = threading.Event()
        self._answered = threading.Condition()
        self._thread = threading.Thread(target=self._write)
        self.acknowledged: list[str] = []
        self.refused: list[float] = []  # when
        self.slowest = 0.0
        self.strange: list[str] = []

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Write throughout."""
        self._thread.start()
        try:
            yield
        finally:
            self._end.set()
            self._thread.join()

    def wait_for(self, more: int) -> None:
        """Wait until so many more were acknowledged."""
        enough = len(self.acknowledged) + more
        self._wait(lambda: len(self.acknowledged) >= enough)

    def wait_for_refusal(self) -> None:
        """Wait until one was refused."""
        self._wait(lambda: bool(self.refused))

    def _wait(self, reached: Callable[[], bool]) -> None:
        with self._answered:
            arrived = self._answered.wait_for(reached, 60)
        assert arrived, f"{len(self.acknowledged)} acknowledged, refused: {len(self.refused)}"

    def _write(self) -> None:
        session = requests.Session()
        while not self._end.is_set():
            begun = time.monotonic()
            body = {"path": self._path, "output": str(len(self.acknowledged))}
            answer = session.post(self._url, json=body, headers=HEADERS, timeout=60)
            self.slowest = max(self.slowest, time.monotonic() - begun)
            if answer.status_code == 200:
                self.acknowledged.append(answer.json()["id"])
            elif answer.status_code == 503 and answer.headers.get("Retry-After") == "1":
                self.refused.append(time.monotonic())
                self._end.wait(0.05)
            else:
                self.strange.append(f"{answer.status_code} {answer.text}")
            with self._answered:
                self._answered.notify_all()


def health(url: str) -> tuple[int, float]:
    """Return how the server says it is, and the seconds that it took."""
    begun = time.monotonic()
    answer = requests.get(f"{url}/_emulator/health", timeout=60)
    return answer.status_code, time.monotonic() - begun


def logs(url: str, file: str) -> list[str]:
    """Return the ids of all Logs of a File."""
    found: list[str] = []
    for page in range(1, 10_000):
        query = {"file_id": file, "page": str(page), "size": "100"}
        records = requests.get(f"{url}/v5/logs", params=query, headers=HEADERS, timeout=60).json()["records"]
        found += [record["id"] for record in records]
        if len(records) < 100:
            break
    return found
