"""HTTP as clients speak it, and as none should: bodies that stop, heads that never end, readers that sleep."""

import json
import socket
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, suppress
from urllib.parse import urlsplit

import psutil
import pytest

from tests.builders.processes import SECONDS, ServerProcess
from tests.databases import database_at

KEY = b"Host: h\r\nX-API-KEY: key\r\n"
PROMPT = b'{"path": "a", "model": "m"}'
INCOMPLETE = b'{"path": "incomplete", "model": "m"}'
CHUNKED = b"Transfer-Encoding: chunked\r\n"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    folder = tmp_path_factory.mktemp("http")
    server = ServerProcess(database_at(folder / "a.db"), folder / "errors.txt", "--max-body-mb", "8", "--threads", "4")
    with closing(server):
        server.start()
        yield server


class Line:
    """A connection that says what it is told to, byte for byte."""

    def __init__(self, server: ServerProcess) -> None:
        parts = urlsplit(server.url)
        self.socket = socket.create_connection((parts.hostname, parts.port), timeout=SECONDS)
        self.file = self.socket.makefile("rb")

    def close(self) -> None:
        self.file.close()
        self.socket.close()

    def say(self, *parts: bytes) -> "Line":
        self.socket.sendall(b"".join(parts))
        return self

    def head(self) -> tuple[int, dict[str, str]]:
        """Read the head of an answer."""
        status = self.file.readline()
        assert status.startswith(b"HTTP/1.1 "), status
        headers = {}
        while (line := self.file.readline().strip()) != b"":
            name, _, value = line.decode().partition(": ")
            headers[name.lower()] = value
        return int(status.split()[1]), headers

    def answer(self) -> tuple[int, dict[str, str], bytes]:
        """Read an answer that says how long it is."""
        status, headers = self.head()
        return status, headers, self.file.read(int(headers.get("content-length", "0")))

    def status(self) -> int:
        return self.answer()[0]

    def is_closed(self) -> bool:
        return self.file.read(1) == b""


@pytest.fixture
def line(server: ServerProcess) -> Iterator[Callable[[], Line]]:
    with ExitStack() as lines:
        yield lambda: lines.enter_context(closing(Line(server)))


def post(body: bytes, *headers: bytes, path: bytes = b"/v5/prompts") -> bytes:
    length = b"" if CHUNKED in headers else b"Content-Length: %d\r\n" % len(body)
    head = b"POST %b HTTP/1.1\r\n%bContent-Type: application/json\r\n" % (path, KEY)
    return b"".join([head, length, *headers, b"\r\n", body])


GET = b"GET /v5/prompts HTTP/1.1\r\n" + KEY + b"\r\n"


def prompts(line: Line) -> int:
    return int(json.loads(line.say(GET).answer()[2])["total"])


def test_requests_follow_each_other_on_a_connection(line: Callable[[], Line]) -> None:
    one = line()
    one.say(GET, GET, post(b"{}", path=b"/v5/nothing"), GET)
    assert [one.status() for _ in range(4)] == [200, 200, 404, 200]


@pytest.mark.parametrize(
    "request_and_status",
    [
        (b"DELETE /v5/prompts/pr_1 HTTP/1.1\r\n" + KEY + b"Content-Length: 5\r\n\r\nabcde", 404),
        (b"POST /v5/prompts HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nabcde", 401),
        (b"PUT /v5/prompts HTTP/1.1\r\n" + KEY + b"Content-Length: 5\r\n\r\nabcde", 405),
        (b"GET /v5/prompts HTTP/1.1\r\n" + KEY + b"Content-Length: 5\r\n\r\nabcde", 200),
        (b"HEAD /v5/prompts HTTP/1.1\r\n" + KEY + b"\r\n", 200),
        (b"OPTIONS /v5/prompts HTTP/1.1\r\n" + KEY + b"\r\n", 200),
    ],
)
def test_a_body_that_nobody_asked_for_is_read(line: Callable[[], Line], request_and_status: tuple[bytes, int]) -> None:
    request, status = request_and_status
    one = line().say(request)
    found, headers = one.head()
    assert found == status
    if not request.startswith(b"HEAD"):
        one.file.read(int(headers["content-length"]))
    assert one.say(GET).status() == 200


@pytest.mark.parametrize("pieces", [[PROMPT], [PROMPT[:7], PROMPT[7:]], [bytes([byte]) for byte in PROMPT]])
def test_chunked_bodies_are_read(line: Callable[[], Line], pieces: list[bytes]) -> None:
    chunks = b"".join(b"%x\r\n%b\r\n" % (len(piece), piece) for piece in [*pieces, b""])
    assert line().say(post(chunks, CHUNKED)).status() == 200


def test_a_client_that_waits_to_be_asked_is_asked(line: Callable[[], Line]) -> None:
    request = post(PROMPT, b"Expect: 100-continue\r\n")
    one = line().say(request[: -len(PROMPT)])
    assert one.head()[0] == 100
    assert one.say(PROMPT).status() == 200


@pytest.mark.parametrize(
    "start",
    [
        post(INCOMPLETE + b" ")[:-1],
        post(b"%x\r\n%b\r\n" % (len(INCOMPLETE) + 5, INCOMPLETE), CHUNKED),
        post(b"%x\r\n%b\r\n" % (len(INCOMPLETE), INCOMPLETE), CHUNKED),
        post(b"%x\r\n%b\r\nZZ\r\n{}\r\n0\r\n\r\n" % (len(INCOMPLETE), INCOMPLETE), CHUNKED),
    ],
)
def test_an_incomplete_request_is_never_served(line: Callable[[], Line], start: bytes) -> None:
    """What comes of it is a body that would do, so it would make a Prompt."""
    before = prompts(line())
    broken = line().say(start)
    broken.socket.shutdown(socket.SHUT_WR)
    assert not broken.file.read().startswith(b"HTTP/1.1 2")
    assert prompts(line()) == before


def test_half_sent_requests_hold_up_nobody(line: Callable[[], Line]) -> None:
    for _ in range(40):
        line().say(post(PROMPT)[:-3])
        line().say(GET[:-2])
        line()
    assert line().say(GET).status() == 200


def test_a_head_without_end_is_refused(line: Callable[[], Line]) -> None:
    one = line().say(b"GET / HTTP/1.1\r\nX-Long: ", b"x" * 70_000)
    status, headers, _ = one.answer()
    assert (status, headers["connection"]) == (431, "close")
    assert one.is_closed()


@pytest.mark.parametrize(
    "rubbish", [b"\x16\x03\x01\x02\x00\r\n\r\n", b"GET\r\n\r\n", b"GET / HTTP/9.9\r\n\r\n", b"Hello there\r\n\r\n"]
)
def test_what_is_not_http_is_refused(line: Callable[[], Line], rubbish: bytes) -> None:
    one = line().say(rubbish)
    assert one.status() == 400
    assert one.is_closed()


@pytest.mark.parametrize("chunked", [False, True])
def test_the_answer_to_a_body_that_is_too_large_arrives(line: Callable[[], Line], chunked: bool) -> None:
    body = b" " * (9 << 20)
    request = post(b"%x\r\n%b\r\n0\r\n\r\n" % (len(body), body), CHUNKED) if chunked else post(body)
    one = line()
    with suppress(ConnectionError):
        one.say(request)
    status, headers, _ = one.answer()
    assert (status, headers["connection"]) == (413, "close")


def test_an_old_client_is_answered_in_its_way(line: Callable[[], Line]) -> None:
    one = line().say(b"GET /v5/prompts HTTP/1.0\r\n" + KEY + b"\r\n")
    assert one.answer()[1]["connection"] == "close"
    assert one.is_closed()


def test_a_header_with_an_underscore_is_no_key(line: Callable[[], Line]) -> None:
    assert line().say(b"GET /v5/prompts HTTP/1.1\r\nHost: h\r\nX_API_KEY: key\r\n\r\n").status() == 401


@pytest.mark.sqlite_only(
    "a connection to PostgreSQL keeps memory for the largest answer it has read, slow readers or not"
)
def test_slow_readers_take_no_memory(server: ServerProcess, line: Callable[[], Line]) -> None:
    output = "x" * (7 << 20)
    body = json.dumps({"path": "large", "prompt": {"model": "m"}, "output": output}).encode()
    log = json.loads(line().say(post(body, path=b"/v5/prompts/log")).answer()[2])["id"].encode()
    get = b"GET /v5/logs/" + log + b" HTTP/1.1\r\n" + KEY + b"\r\n"
    assert output in json.loads(line().say(get).answer()[2])["output"]
    process = psutil.Process(server.process.pid)
    before = process.memory_info().rss
    readers = [line().say(get) for _ in range(12)]
    for reader in readers:
        assert reader.head()[0] == 200
    assert line().say(GET).status() == 200
    assert process.memory_info().rss - before < 40 << 20
    for reader in readers:
        reader.socket.close()


def test_a_query_that_takes_long_holds_up_nobody_and_is_answered(line: Callable[[], Line]) -> None:
    """Short requests go on while lists that search 6 MB, which takes more than 10 ms, are made elsewhere."""
    log = {"path": "searched", "prompt": {"model": "m"}, "output": "x" * 60_000 + "end"}
    logging = line().say(*[post(json.dumps(log).encode(), path=b"/v5/prompts/log")] * 100)
    [file] = {json.loads(logging.answer()[2])["prompt_id"] for _ in range(100)}
    search = f"GET /v5/logs?file_id={file}&search=end&size=1 HTTP/1.1\r\n".encode() + KEY + b"\r\n"
    searches = [line().say(search) for _ in range(8)]
    assert line().say(GET).status() == 200
    assert [json.loads(each.answer()[2])["total"] for each in searches] == [100] * 8


def test_a_client_that_offers_another_protocol_is_answered_in_this_one(line: Callable[[], Line]) -> None:
    offer = b"Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n"
    one = line().say(post(PROMPT, offer), GET.replace(b"\r\n\r\n", b"\r\n" + offer + b"\r\n"), GET)
    assert [one.status() for _ in range(3)] == [200, 200, 200]


def test_many_requests_in_one_packet_are_all_served(line: Callable[[], Line]) -> None:
    one = line().say(GET * 500, post(b"{}" + b" " * 100_000, path=b"/v5/nothing"), GET[:-2])
    assert [one.status() for _ in range(501)] == [200] * 500 + [404]
    assert one.say(b"\r\n").status() == 200


@pytest.mark.sqlite_only("the file is locked")
def test_a_lock_of_another_process_holds_up_no_reader(server: ServerProcess, line: Callable[[], Line]) -> None:
    assert line().say(GET).status() == 200
    with closing(sqlite3.connect(server.db, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        waiting = line().say(post(PROMPT))
        assert [line().say(GET).status() for _ in range(3)] == [200] * 3
        waiting.socket.setblocking(False)
        with pytest.raises(BlockingIOError):
            waiting.socket.recv(1)
        waiting.socket.settimeout(SECONDS)
        other.execute("ROLLBACK")
    assert waiting.status() == 200
