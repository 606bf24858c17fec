"""HTTP/1.1 on asyncio: the connections of a process, how many there may be, and how all of them end."""

import asyncio
import socket
import time
from email.utils import formatdate

from .connections import Connection
from .requests import Handler

MOST_CONNECTIONS = 4_000
FILES_FOR_OTHERS = 200  # that are no connections: of databases, and of answers
CONNECTIONS_AT_ONCE = 16  # are accepted before those that are open have their turn
CONNECTIONS_WAITING = 1024  # to be accepted
SECONDS_BETWEEN_LOOKS = 1


class Server:
    """All connections of a process."""

    def __init__(self, handler: Handler) -> None:
        self.handler = handler
        self.connections: dict[Connection, None] = {}
        self.stopping = False
        self._most = MOST_CONNECTIONS
        self._date = (0, "")

    async def serve(self, listening: socket.socket, stop: asyncio.Event, seconds_to_finish: float) -> None:
        """Serve until told to stop; what is being served then has some seconds to finish."""
        loop = asyncio.get_running_loop()
        self._most = min(MOST_CONNECTIONS, _most_files() - FILES_FOR_OTHERS)
        server = await loop.create_server(lambda: Connection(self), sock=listening, backlog=CONNECTIONS_AT_ONCE)
        listening.listen(CONNECTIONS_WAITING)
        looking = asyncio.ensure_future(self._look())
        await stop.wait()
        self.stopping = True
        server.close()
        for connection in list(self.connections):
            connection.stop()
        end = loop.time() + seconds_to_finish
        while self.connections and loop.time() < end:
            await asyncio.sleep(0.01)
        looking.cancel()

    @property
    def date(self) -> str:
        """Return the head's lines that all answers share; the time changes once a second."""
        now = int(time.time())
        if now != self._date[0]:
            self._date = (now, f"server: humanloop-emulator\r\ndate: {formatdate(now, usegmt=True)}")
        return self._date[1]

    def add(self, connection: Connection) -> None:
        """Take a new connection; where there are too many, one that waits for a request makes room."""
        self.connections[connection] = None
        if len(self.connections) > self._most:
            for other in self.connections:
                if other.close_if_idle():
                    return
            connection.transport.abort()

    async def _look(self) -> None:
        """End connections that have taken too long."""
        while True:
            await asyncio.sleep(SECONDS_BETWEEN_LOOKS)
            now = time.monotonic()
            for connection in [each for each in self.connections if each.deadline < now]:
                connection.end_for_slowness()


def _most_files() -> int:
    """Return how many files this process may have open; as many as it is allowed to ask for."""
    try:
        import resource
    except ImportError:  # Windows
        return MOST_CONNECTIONS
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = MOST_CONNECTIONS + FILES_FOR_OTHERS
    if 0 <= soft < wanted:
        soft = wanted if hard < 0 else min(wanted, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    return wanted if soft < 0 else soft
