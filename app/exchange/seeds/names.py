"""What a seed has stored so far, by the names that people give: paths, and names of versions."""

from dataclasses import dataclass, field, replace
from typing import Any

from ...clock import Clock
from ...kinds.base import FileKind
from ...services.files import environments, files, references, versions
from ...services.workspace import Workspace
from ...store.statement import Row
from .places import Place


class Then(Clock):
    """Stands still at a moment of the past; the order of what happens then is that in which it is stored."""

    def __init__(self, moment: str) -> None:
        """Stand at a moment in its wire form."""
        super().__init__()
        self._moment = moment

    def now(self) -> str:
        """Return the moment."""
        return self._moment


def at(ws: Workspace, moment: str | None) -> Workspace:
    """Return the workspace as of a moment; without one, as of now."""
    return replace(ws, clock=Then(moment)) if moment else ws


@dataclass
class Stored:
    """A File that the seed has stored, with the ids of its versions that have names."""

    kind: FileKind
    uid: str
    path: str
    versions: dict[str, str] = field(default_factory=dict)


class Names:
    """The Files of a seed by path, and what references to them mean."""

    def __init__(self, ws: Workspace) -> None:
        self._ws = ws
        self.files: dict[str, Stored] = {}
        self._rows: dict[str, Row] = {}
        self._keys: dict[tuple[str, str | None], int] = {}

    def file(self, path: str, place: Place) -> Stored:
        """Return the File at a path; there must be one."""
        if path not in self.files:
            raise place.error(f"the seed has no file at the path {path}")
        return self.files[path]

    def version_id(self, file: Stored, name: str, place: Place) -> str:
        """Return the id of the version with this name."""
        if name not in file.versions:
            raise place.error(f"{file.path} has no version with the name {name}")
        return file.versions[name]

    def environment_id(self, name: str, place: Place) -> str:
        """Return the id of the environment with this name."""
        with place.blamed():
            uid: str = environments.environment_named(self._ws, name).uid
        return uid

    def reference(self, value: Any, place: Place) -> dict[str, Any]:
        """Return a reference to a version, which a path alone is too, in the form that services take."""
        given = {"path": value} if isinstance(value, str) else value
        file = self.file(given["path"], place)
        if "version" in given:
            return {"version_id": self.version_id(file, given["version"], place)}
        return {"id": file.uid, "environment": given.get("environment")}

    def find(self, value: Any, kinds: frozenset[str], place: Place) -> Row:
        """Return the version behind a reference, with its File; it must be of one of the kinds."""
        reference = self.reference(value, place)
        with place.blamed():
            return references.find(self._ws, reference, kinds, ())

    def target(self, path: str, version: str | None, place: Place) -> tuple[FileKind, Row, int]:
        """Return what a Log is of: the kind, the File's row, and the key of a version, by default the shown one.

        Files do not change any more when Logs are stored, so each is looked up once.
        """
        file = self.file(path, place)
        if path not in self._rows:
            self._rows[path] = files.get_file(self._ws, file.kind, file.uid)
        row = self._rows[path]
        if (path, version) not in self._keys:
            query = {"version_id": self.version_id(file, version, place)} if version else {}
            self._keys[path, version] = versions.resolve(self._ws, row, query)
        return file.kind, row, self._keys[path, version]
