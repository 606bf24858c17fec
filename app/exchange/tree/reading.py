"""Reads a tree into the staging file, from where the last attempt ended."""

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

from ...json_types import Json, JsonObject
from ...store.copying import Advance
from ...store.staging import Staging
from . import layout, rows
from .file_records import Versions, stage_datapoint, stage_environment
from .layout import (
    InvalidRecord,
    document,
    folder_id,
    json_of,
    objects,
    objects_by_id,
    required_id,
    required_time,
    text,
    texts,
    time,
)
from .log_records import note_next, rank, stage_evaluation, stage_log, stage_run, stage_run_log, stage_stats


class TreeReader:
    """Reads one tree; `advance` is called with the number of bytes that were read."""

    def __init__(self, staging: Staging, root: Path, advance: Advance) -> None:
        self.staging = staging
        self.root = root
        self.advance = advance
        self.versions = Versions(staging)
        self._members: dict[str, int] = {}  # how many datapoints of a Version are staged

    def changed(self) -> bool:
        """Tell whether a file has changed since it was read."""
        read = [(self.root / path, stamp) for path, stamp in self.staging.sources().items()]
        return any(not path.is_file() or _stamp(path) != stamp for path, stamp in read)

    def read(self) -> None:
        """Stage everything in the tree."""
        self._each(self.root / layout.EXTRA, self._organisation)
        self._each(self.root / layout.ORDER, self._order)
        for folder in self._entries(self.root / layout.FILES):
            self._file(folder, deleted=False)
        for folder in self._entries(self.root / layout.DELETED / layout.FILES):
            self._file(folder, deleted=True)
        for number, folder in enumerate(self._entries(self.root / layout.EVALUATIONS)):
            self._evaluation(folder, number)
        rank(self.staging)
        self.staging.commit()

    def _entries(self, folder: Path) -> Iterator[Path]:
        """Yield the entries of a folder; a name that is not UTF-8 can be neither stored nor shown, and is noted."""
        for path in layout.entries(folder):
            try:
                path.name.encode()
            except UnicodeEncodeError:
                shown = str(path.relative_to(self.root)).encode(errors="backslashreplace").decode()
                self.staging.reading = (shown, 0)
                self.staging.note_problem("its name is not UTF-8")
            else:
                yield path

    def _each(self, path: Path, use: Callable[[Json], object]) -> None:
        """Call `use` with each record of a file that was not read before; unusable ones are noted and skipped."""
        if not path.is_file():
            return
        name, stamp = str(path.relative_to(self.root)), _stamp(path)
        done, complete = self.staging.progress(name)
        if complete:
            self.advance(path.stat().st_size)
            return
        last = 0
        for line in layout.read_lines(path) if path.suffix == ".jsonl" else [layout.read(path)]:
            last = line.number
            if last > done:
                self.staging.reading = (name, last)
                self._use(line, use)
                self.staging.note_progress(name, stamp, last, complete=False)
            self.advance(line.size)
        self.staging.note_progress(name, stamp, last, complete=True)

    def _use(self, line: layout.Line, use: Callable[[Json], object]) -> None:
        if line.problem:
            self.staging.note_problem(line.problem)
            return
        try:
            use(line.value)
        except InvalidRecord as error:
            self.staging.note_problem(str(error))
        except RecursionError:
            self.staging.note_problem("it is nested too deeply")

    def _organisation(self, value: Json) -> None:
        """Stage what belongs to the organisation: environments, directories, and the order of its Files."""
        extra = document(value, "the file")
        for place, environment in enumerate(objects(extra.get("environments"))):
            stage_environment(self.staging, environment, rows.SHOWN, place)
        for directory in objects(extra.get("directories")):
            self.staging.put(
                rows.Directory(
                    path=text(directory, "path") or "",
                    uid=required_id(directory, "id"),
                    description=text(directory, "description"),
                    readme=text(directory, "readme"),
                    tags=json_of(directory.get("tags", [])),
                    created_at=time(directory, "created_at"),
                    updated_at=time(directory, "updated_at"),
                    listed=rows.LISTED,
                )
            )
        for place, uid in enumerate(texts(extra.get("files"))):
            self.staging.put(rows.FileOrder(uid, place))

    def _order(self, value: Json) -> None:
        self.staging.put(rows.LogOrder(required_id({"id": value}, "id"), self.staging.reading[1]))

    def _file(self, folder: Path, *, deleted: bool) -> None:
        extra = self._extra(folder)
        deleted_at = str(extra.get("deleted_at") or "") if deleted else None
        notes = objects_by_id(extra.get("versions"), "version_id")

        def stage(listed: int) -> Callable[[Json], None]:
            def version(value: Json) -> None:
                shown = document(value, "a version")
                self.versions.stage(shown, listed, notes.get(required_id(shown, "version_id")), deleted_at)

            return version

        self._each(folder / layout.FILE, stage(rows.SHOWN))
        for home in (folder, folder / layout.DELETED):
            for path in self._entries(home / layout.VERSIONS):
                self._each(path, stage(rows.LISTED))
            for pages in self._entries(home / layout.DATAPOINTS):
                for path in self._entries(pages):
                    self._each(path, partial(self._member, pages.name))
        self._each(folder / layout.DEPLOYMENTS, partial(self._deployments, folder.name))
        self._each(folder / layout.EXTRA, partial(self._variables, folder.name))
        for path in self._entries(folder / layout.LOGS):
            self._each(path, partial(self._log, folder.name))
        order = {uid: place for place, uid in enumerate(texts(extra.get("evaluations")))}
        for evaluation in self._entries(folder / layout.EVALUATIONS):
            self._evaluation(evaluation, order.get(evaluation.name))
        if not deleted and not (folder / layout.DONE).exists():
            self.staging.reading = (str(folder.relative_to(self.root)), 0)
            self.staging.note_problem(f"there is no {layout.DONE}: the export of this file may be incomplete")

    def _extra(self, folder: Path) -> JsonObject:
        """Return what our own exports add to a folder, an empty object for those of other tools."""
        path = folder / layout.EXTRA
        extra = layout.read(path).value if path.is_file() else None
        return extra if isinstance(extra, dict) else {}

    def _member(self, version: str, value: Json) -> None:
        uid = stage_datapoint(self.staging, document(value, "a datapoint"))
        if version not in self._members:
            count = self.staging.value("SELECT count(*) FROM staged_member WHERE version_uid = ?", version)
            self._members[version] = count
        position = self._members[version]
        if self.staging.put(rows.Member(version, position, uid)):
            self._members[version] += 1

    def _log(self, file: str, value: Json) -> None:
        uid = stage_log(self.staging, self.versions, value)
        note_next(self.staging, file, uid, required_time(value, "created_at"))

    def _variables(self, file: str, value: Json) -> None:
        for place, item in enumerate(objects(document(value, "the file").get("environment_variables"))):
            name, content = required_id(item, "name"), text(item, "value") or ""
            self.staging.put(rows.Variable(file, place, name, content))

    def _deployments(self, file: str, value: Json) -> None:
        for item in objects(value):
            environment = {
                "id": item.get("environment_id"),
                "name": item.get("environment_name"),
                "tag": item.get("environment_tag"),
            }
            uid = stage_environment(self.staging, environment, rows.UNDATED)
            self.staging.put(rows.Deployment(file, uid, required_id(item, "version_id"), rows.SHOWN))

    def _evaluation(self, folder: Path, place: int | None) -> None:
        told = self._extra(folder)
        notes = objects_by_id(told.get("runs"), "id")

        def run(value: Json) -> None:
            shown = document(value, "a run")
            extra = notes.get(folder_id(shown, "id"), {})
            stage_run(self.staging, self.versions, folder.name, shown, extra)

        def evaluation(value: Json) -> None:
            stage_evaluation(self.staging, self.versions, value, place, told)

        self._each(folder / layout.EVALUATION, evaluation)
        self._each(folder / layout.STATS, partial(stage_stats, self.staging))
        for path in self._entries(folder / layout.RUNS):
            self._each(path, run)
        for path in self._entries(folder / layout.LOGS):
            self._each(path, partial(stage_run_log, self.staging, self.versions))


def _stamp(path: Path) -> str:
    state = path.stat()
    return f"{state.st_size} {state.st_mtime_ns}"
