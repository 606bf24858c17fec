"""What a seed has stored so far, by the names that people use: paths, and names of versions."""

from dataclasses import dataclass, field, replace

from ...clock import Clock
from ...json_types import Json, JsonObject
from ...kinds.base import FileKind
from ...services.files import environments, files, versions
from ...services.files.files import FileRow
from ...services.files.versions import Referenced
from ...services.workspace import Workspace
from .locations import SourceLocation


class ClockAt(Clock):
    """Always shows the same moment; rows made then are ordered by their keys, which is the order of the seed."""

    def __init__(self, moment: str) -> None:
        """Stand at a moment in its wire form."""
        super().__init__()
        self._moment = moment

    def now(self) -> str:
        """Return the moment."""
        return self._moment


def at(ws: Workspace, moment: str | None) -> Workspace:
    """Return the workspace at a moment in the past; without one, as it is."""
    return replace(ws, clock=ClockAt(moment)) if moment else ws


@dataclass
class Stored:
    """A File that the seed has stored, with the ids of its named versions."""

    kind: FileKind
    uid: str
    path: str
    versions: dict[str, str] = field(default_factory=dict)


class Names:
    """The Files of a seed by path, and what references to them mean."""

    def __init__(self, ws: Workspace) -> None:
        self._ws = ws
        self.files: dict[str, Stored] = {}
        self._rows: dict[str, FileRow] = {}
        self._keys: dict[tuple[str, str | None], int] = {}

    def file(self, path: str, location: SourceLocation) -> Stored:
        """Return the File at a path; SeedError if there is none."""
        if path not in self.files:
            raise location.error(f"the seed has no file at the path {path}")
        return self.files[path]

    def version_id(self, file: Stored, name: str, location: SourceLocation) -> str:
        """Return the id of the version with this name."""
        if name not in file.versions:
            raise location.error(f"{file.path} has no version with the name {name}")
        return file.versions[name]

    def environment_id(self, name: str, location: SourceLocation) -> str:
        """Return the id of the environment with this name."""
        with location.blamed():
            uid: str = environments.environment_named(self._ws, name).uid
        return uid

    def reference(self, value: Json, location: SourceLocation) -> JsonObject:
        """Return a reference to a version, which may be a path alone, in the form that services take."""
        given = {"path": value} if isinstance(value, str) else value
        file = self.file(given["path"], location)
        if "version" in given:
            return {"version_id": self.version_id(file, given["version"], location)}
        return {"id": file.uid, "environment": given.get("environment")}

    def find(self, value: Json, kinds: frozenset[str], location: SourceLocation) -> Referenced:
        """Return the version behind a reference, with its File; it must be of one of the kinds."""
        reference = self.reference(value, location)
        with location.blamed():
            return versions.referenced(self._ws, reference, kinds, ())

    def target(self, path: str, version: str | None, location: SourceLocation) -> tuple[FileKind, FileRow, int]:
        """Return what a Log belongs to: the kind, the File's row, and the key of a version, by default the shown one.

        Files no longer change once Logs are stored, so each is looked up only once.
        """
        file = self.file(path, location)
        if path not in self._rows:
            self._rows[path] = files.get_file(self._ws, file.kind, file.uid)
        row = self._rows[path]
        if (path, version) not in self._keys:
            query = {"version_id": self.version_id(file, version, location)} if version else {}
            self._keys[path, version] = versions.resolve(self._ws, row, query)
        return file.kind, row, self._keys[path, version]
