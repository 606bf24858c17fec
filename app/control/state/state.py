"""What an emulator can go back to: the state right after its start, and the snapshots that were saved since."""

from typing import Any

from peewee import fn

from ...runtime.jobs.queue import Queue
from ...store.database import Database
from ...store.models import Datapoint, Evaluation, File, Log, Organisation, Run, Verdict, Version
from ...store.snapshots import Snapshot, Snapshots
from ...store.statement import kept
from ...store.timekeeper import Timekeeper


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
            names = self._db.tuples(_organisations())
            files: dict[int, dict[str, int]] = {}
            for organisation, kind, count in self._db.tuples(_files()):
                files.setdefault(organisation, {})[kind] = count
            others = {name: dict(self._db.tuples(count())) for name, count in COUNTS.items()}
        return [
            {
                "name": name,
                "files": files.get(key, {}),
                **{what: counts.get(key, 0) for what, counts in others.items()},
            }
            for key, name in names
        ]


@kept
def _organisations() -> Any:
    return Organisation.select(Organisation.id, Organisation.name).order_by(Organisation.name)


@kept
def _files() -> Any:
    return (
        File.select(File.organisation, File.kind, fn.COUNT(File.id))
        .where(File.deleted_at.is_null())
        .group_by(File.organisation, File.kind)
        .order_by(File.kind)
    )


def _counted(table: Any) -> Any:
    return table.select(table.organisation, fn.COUNT(table.id)).group_by(table.organisation)


@kept
def _versions() -> Any:
    return (
        _counted(Version)
        .join(File, on=(Version.file == File.id))
        .where(Version.deleted_at.is_null(), File.deleted_at.is_null())
    )


@kept
def _datapoints() -> Any:
    return _counted(Datapoint)


@kept
def _logs() -> Any:
    return _counted(Log)


@kept
def _verdicts() -> Any:
    return (
        Verdict.select(Log.organisation, fn.COUNT(Log.id))
        .join(Log, on=(Verdict.log == Log.id))
        .group_by(Log.organisation)
    )


@kept
def _evaluations() -> Any:
    return _counted(Evaluation)


@kept
def _runs() -> Any:
    return _counted(Run)


COUNTS = {
    "versions": _versions,
    "datapoints": _datapoints,
    "logs": _logs,
    "verdicts": _verdicts,
    "evaluations": _evaluations,
    "runs": _runs,
}
