"""Snapshots of a database file: files in the folder `<database>.snapshots` beside it.

Saved to a temporary file that is then renamed: after a crash the old snapshot is there, or the new one. All processes
that work with the folder take a lock on it in turn.
"""

import fcntl
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from .database import Database
from .disk import write_through
from .schema import migrate
from .snapshots import Snapshot, Snapshots, check_name, missing, time_text

SUFFIX = ".db"


class FileSnapshots(Snapshots):
    """Snapshots that outlast the process."""

    def __init__(self, db: Database, fresh: Callable[[], Database]) -> None:
        """Take a database; `fresh` makes another one in memory as a server starts with."""
        self._db = db
        self._fresh = fresh
        self._start: Database | None = None
        path = Path(db.path).absolute()
        self._folder = path.with_name(path.name + ".snapshots")

    def keep_start(self) -> None:
        """Keep nothing: the seed is replayed, as it then stands in its folder."""

    def load_start(self) -> None:
        if self._start is None:
            self._start = self._fresh()
            self._start.dialect.make_queue_tables()
        self._db.replace_with(self._start)

    def list(self) -> list[Snapshot]:
        with self._locked():
            found = [_described(path) for path in self._folder.glob(f"*{SUFFIX}") if path.name[0] != "."]
        return sorted(found, key=lambda snapshot: snapshot.name)

    def save(self, name: str) -> Snapshot:
        check_name(name)
        with self._locked(make=True), self._part() as part:
            with closing(Database(str(part))) as target:
                target.replace_with(self._db)
            write_through(part)
            path = part.replace(self._path(name))
            write_through(self._folder)
            return _described(path)

    def load(self, name: str) -> None:
        with self._locked(), self._part() as part:
            shutil.copyfile(self._existing(name), part)  # opened itself, it might be left with journals
            with closing(Database(str(part))) as source:
                migrate(source)  # an older version may have saved it
                source.dialect.make_queue_tables()
                self._db.replace_with(source)

    def delete(self, name: str) -> None:
        with self._locked():
            self._existing(name).unlink()

    def _path(self, name: str) -> Path:
        return self._folder / (name + SUFFIX)

    def _existing(self, name: str) -> Path:
        check_name(name, loc=("path", "name"))
        path = self._path(name)
        if not path.is_file():
            raise missing(name)
        return path

    @contextmanager
    def _part(self) -> Iterator[Path]:
        """Lend a temporary file; what a crash left there is removed."""
        part = self._folder / f".part{SUFFIX}"
        files = [part.with_name(part.name + suffix) for suffix in ("", "-wal", "-shm")]
        for file in files:
            file.unlink(missing_ok=True)
        try:
            yield part
        finally:
            for file in files:
                file.unlink(missing_ok=True)

    @contextmanager
    def _locked(self, *, make: bool = False) -> Iterator[None]:
        if make:
            self._folder.mkdir(exist_ok=True)
        if not self._folder.is_dir():
            yield
            return
        folder = os.open(self._folder, os.O_RDONLY)
        try:
            fcntl.flock(folder, fcntl.LOCK_EX)
            yield
        finally:
            os.close(folder)


def _described(path: Path) -> Snapshot:
    status = path.stat()
    return Snapshot(path.name.removesuffix(SUFFIX), time_text(status.st_mtime), status.st_size)
