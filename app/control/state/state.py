"""What an emulator can go back to: the state right after its start, and the snapshots that were saved since."""

from typing import Any, NamedTuple

from ...runtime.jobs.queue import Queue
from ...store.database import Database
from ...store.snapshots import Snapshot, Snapshots
from ...store.statement import Statement, sql
from ...store.timekeeper import Timekeeper


class Named(NamedTuple):
    """An organisation."""

    id: int
    name: str


class NumberOfFiles(NamedTuple):
    """How many Files of a kind an organisation has."""

    organisation: int
    kind: str
    number: int


class Number(NamedTuple):
    """How many of something an organisation has."""

    organisation: int
    number: int


ORGANISATIONS = sql("SELECT id, name FROM organisation ORDER BY name", Named)
FILES = sql(
    """
    SELECT organisation_id AS organisation, kind, count(*) AS number FROM file
    WHERE deleted_at IS NULL GROUP BY organisation_id, kind ORDER BY kind
    """,
    NumberOfFiles,
)


def _number_of(rows: str) -> Statement[Number]:
    return sql(
        f"SELECT organisation_id AS organisation, count(*) AS number FROM {rows} GROUP BY organisation_id", Number
    )


COUNTS = {
    "versions": _number_of(
        "(SELECT v.organisation_id FROM version v JOIN file f ON f.id = v.file_id"
        " WHERE v.deleted_at IS NULL AND f.deleted_at IS NULL) AS present"
    ),
    "datapoints": _number_of("datapoint"),
    "logs": _number_of("log"),
    "verdicts": _number_of("(SELECT l.organisation_id FROM verdict j JOIN log l ON l.id = j.log_id) AS judged"),
    "evaluations": _number_of("evaluation"),
    "runs": _number_of("run"),
}


class State:
    """Resets and replaces everything that is stored, safely while requests are served and by several processes.

    A request is served in the old state or in the new one: it is started again if the state is replaced between two
    of its transactions. Only a stream that has begun cannot be: its end is not stored.
    """

    def __init__(self, db: Database, timekeeper: Timekeeper, jobs: Queue, snapshots: Snapshots) -> None:
        self._db = db
        self._timekeeper = timekeeper
        self._jobs = jobs
        self.snapshots = snapshots

    def reset(self) -> None:
        """Go back to the seed, an empty database or what `--seed` fills it with, and to how the clock started."""
        with self._timekeeper.outlasting():
            self.snapshots.load_start()
        self._timekeeper.clock.reset()
        self._jobs.renew()

    def save(self, name: str) -> Snapshot:
        """Save the present state as a snapshot; one with the same name is replaced."""
        return self.snapshots.save(name)

    def load(self, name: str) -> None:
        """Go back to a snapshot; the clock goes on. Raises NotFound."""
        with self._timekeeper.outlasting():
            self.snapshots.load(name)
        self._jobs.renew()

    def counts(self) -> list[dict[str, Any]]:
        """Return for each organisation how much of everything there is; deleted Files and Versions do not count."""
        with self._db.reading():
            organisations = self._db.all(ORGANISATIONS)
            files: dict[int, dict[str, int]] = {}
            for row in self._db.all(FILES):
                files.setdefault(row.organisation, {})[row.kind] = row.number
            others = {
                what: {row.organisation: row.number for row in self._db.all(statement)}
                for what, statement in COUNTS.items()
            }
        return [
            {
                "name": organisation.name,
                "files": files.get(organisation.id, {}),
                **{what: numbers.get(organisation.id, 0) for what, numbers in others.items()},
            }
            for organisation in organisations
        ]
