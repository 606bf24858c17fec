"""The order of Logs that were made in one moment: the one in which the lists of the tree show them.

A tree has no other trace of it. The Logs of a File are listed with the newest first, the judgments on a Log and the
Logs below it with the oldest first; each list tells of its own Logs only, so their orders are put together here.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import pairwise

from .staging import Staging


def note_order(staging: Staging, newest_first: Iterable[tuple[str, str]]) -> None:
    """Note the order of a whole list of (Log, time); times that differ tell it themselves."""
    for (newer, time), (older, other) in pairwise(newest_first):
        if time == other:
            staging.put("sequence", older=older, newer=newer)


def note_next(staging: Staging, name: str, log: str, time: str) -> None:
    """Note that this Log comes next in a list that is read bit by bit, the newest first."""
    newer = staging.value("SELECT log FROM list WHERE name = ? AND time = ?", name, time)
    if newer is not None:
        staging.put("sequence", older=log, newer=newer)
    staging.connection.execute("INSERT OR REPLACE INTO list VALUES (?, ?, ?)", (name, log, time))


def rank(staging: Staging) -> None:
    """Number the Logs whose order was noted, the oldest first."""
    connection = staging.connection
    older = defaultdict(list)
    for newer, before in connection.execute("SELECT newer, older FROM sequence ORDER BY newer, older"):
        older[newer].append(before)
    named = "SELECT older FROM sequence UNION SELECT newer FROM sequence"
    rows = connection.execute(f"SELECT uid FROM log WHERE uid IN ({named}) ORDER BY id DESC")
    ranked = enumerate(in_order([uid for (uid,) in rows], older))
    connection.executemany("UPDATE log SET rank = ? WHERE uid = ?", ranked)


def in_order(logs: Sequence[str], older: Mapping[str, Sequence[str]]) -> Iterator[str]:
    """Yield Logs, each after those that are older; the given order decides the rest, and where lists contradict."""
    seen: set[str] = set()
    for log in logs:
        path = [(log, iter([log]))]
        while path:
            above, left = path[-1]
            below = next((item for item in left if item not in seen), None)
            if below is not None:
                seen.add(below)
                path.append((below, iter(older.get(below, ()))))
            else:
                path.pop()
                if path:
                    yield above
