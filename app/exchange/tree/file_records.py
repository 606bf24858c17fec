"""Turns documents of Files, Versions and datapoints into staged rows.

A Version's document appears in many places: in its own file, in Logs, in Runs, in Evaluations. A Version with a file of
its own is listed; one that is only mentioned elsewhere was deleted, and is kept for what mentions it.
"""

from marshmallow import ValidationError

from ...errors import Invalid
from ...json_types import Json, JsonObject
from ...kinds import KINDS
from ...kinds.base import Content, FileKind
from ...schemas.datasets import CreateDatapointRequest
from ...schemas.fields import instance_of
from ...services.files import commits, datapoints
from ...services.files.directories import check_path, split_path
from ...store.staging import Staging
from . import rows
from .layout import (
    InvalidRecord,
    count_of,
    document,
    folder_id,
    json_of,
    objects,
    required_id,
    required_time,
    text,
    time,
)

OF_FILE = (
    *("path", "id", "directory_id", "name", "description", "readme", "tags", "type", "environments", "evaluators"),
    *("updated_at", "last_used_at", "total_logs_count"),
)
OF_VERSION = (
    *("version_id", "version_name", "version_description", "created_at", "created_by"),
    *("status", "commit_message", "committed_by", "committed_at", "version_logs_count", "datapoints_count"),
)


def unlinked(name: str, item: Json) -> Json:
    """Return an item of a list in a content as a client would send it: without the linked File that answers show."""
    if name == "linked_tools" and isinstance(item, dict):
        return item.get("id")
    if isinstance(item, dict) and "link" in item:
        return {key: value for key, value in item.items() if key != "file"}
    return item


def sent_content(kind: FileKind, shown: JsonObject) -> Content:
    """Return the content in a Version's document as a client would send it; no linked tools become null."""
    content = {name: shown.get(name) for name in kind.content_fields}
    for name, value in content.items():
        if isinstance(value, list):
            content[name] = [unlinked(name, item) for item in value] or (None if name == "linked_tools" else value)
    return content


def content_of(kind: FileKind, shown: JsonObject) -> Content:
    """Return the content that identifies a Version, as an upsert would store it. Raises ValidationError."""
    content = sent_content(kind, shown)
    if kind.content is None:
        return content
    loaded = instance_of(kind.content).load(content)
    return {name: loaded.get(name) for name in kind.content_fields}


def fixed_part(kind: FileKind, described: JsonObject, shown: JsonObject) -> JsonObject:
    """Return the part of a Version's document that never changes: all but what its File and its use add.

    Fields that it lacks are taken from `described`; unknown fields are kept.
    """
    live = {*OF_FILE, *OF_VERSION, *kind.on_request, kind.link_field}
    return {name: value for name, value in (described | shown).items() if name not in live}


def stage_user(staging: Staging, value: Json) -> str | None:
    """Stage the user in `created_by` and return the id, or None without one."""
    if not isinstance(value, dict):
        return None
    uid = required_id(value, "id")
    staging.put(rows.Account(uid, text(value, "email_address") or "", text(value, "full_name")))
    return uid


def stage_environment(staging: Staging, value: JsonObject, listed: int, place: int | None = None) -> str:
    """Stage an environment and return its id."""
    uid = required_id(value, "id")
    tag = "default" if value.get("tag") == "default" else "other"
    staging.put(rows.Environment(uid, required_id(value, "name"), tag, time(value, "created_at"), listed, place))
    return uid


def _names(error: ValidationError) -> str:
    return ", ".join(f"`{name}`" for name in error.messages_dict)


class Versions:
    """Stages Versions with their Files; a mention of one that was staged before is skipped."""

    def __init__(self, staging: Staging) -> None:
        self.staging = staging
        self._seen: set[str] = set()

    def mention(self, value: Json) -> str | None:
        """Stage a Version that another document shows, and return its id, or None without one."""
        if value is None:
            return None
        shown = document(value, "a version")
        uid = folder_id(shown, "version_id")
        if uid not in self._seen:
            self.stage(shown, rows.MENTIONED)
        return uid

    def stage(
        self, shown: JsonObject, listed: int, extra: JsonObject | None = None, deleted_at: str | None = None
    ) -> None:
        """Stage a Version; `extra` holds what its document does not say.

        `deleted_at` is None unless its File was deleted, and empty where nobody knows when.
        """
        extra = extra or {}
        kind = KINDS.get(text(shown, "type") or "")
        if kind is None:
            raise InvalidRecord(f"`type` is not a kind of file: {shown.get('type')!r}")
        uid, file = folder_id(shown, "version_id"), folder_id(shown, "id")
        self._seen.add(uid)
        content, described = self._content(kind, shown, extra.get("content"))
        derived = commits.derived_uid(kind, file, content) if kind.content else uid
        self._stage_file(kind, shown, file, listed, deleted_at)
        self.staging.put(
            rows.Version(
                uid=uid,
                file_uid=file,
                derived_uid=derived if derived != uid else None,
                name=text(shown, "version_name"),
                description=text(shown, "version_description") or text(shown, "commit_message"),
                content=json_of(content),
                document=json_of(fixed_part(kind, described, shown)),
                created_at=required_time(shown, "created_at"),
                updated_at=time(shown, "updated_at") or required_time(shown, "created_at"),
                created_by=stage_user(self.staging, shown.get("created_by")),
                deleted_at=time(extra, "deleted_at"),
                datapoints_count=count_of(shown, "datapoints_count"),
                listed=listed,
                place=extra.get("place"),
            )
        )
        for environment in objects(shown.get("environments")):
            place = stage_environment(self.staging, environment, listed)
            self.staging.put(rows.Deployment(file, place, uid, listed))
        for name in kind.content_fields:
            for item in objects(shown.get(name)):
                self.mention(item.get("file"))
        for position, point in enumerate(objects(shown.get("datapoints"))):
            datapoint = stage_datapoint(self.staging, point)
            self.staging.put(rows.Member(uid, position, datapoint))

    def _content(self, kind: FileKind, shown: JsonObject, told: Content | None) -> tuple[Content, JsonObject]:
        """Return the content of a Version, and the document that it would have.

        A field that no upsert would accept is shown but has no effect; if nothing valid remains: InvalidRecord.
        """
        try:
            content = told if isinstance(told, dict) else self._accepted(kind, shown)
            return content, kind.describe(content)
        except ValidationError as error:
            raise InvalidRecord(f"the content is not valid: {_names(error)}") from None
        except Invalid as error:
            raise InvalidRecord(f"the content is not valid: {error.detail['description']}") from None

    def _accepted(self, kind: FileKind, shown: JsonObject) -> Content:
        try:
            return content_of(kind, shown)
        except ValidationError as error:
            wrong = error.messages_dict
            content = content_of(kind, {name: value for name, value in shown.items() if name not in wrong})
            self.staging.note_problem(f"shown, but without effect, because it is not valid: {_names(error)}")
            return content

    def _stage_file(self, kind: FileKind, shown: JsonObject, uid: str, listed: int, deleted_at: str | None) -> None:
        try:
            path = check_path(required_id(shown, "path"))
        except Invalid as error:
            raise InvalidRecord(error.detail["description"]) from None
        directory, name = split_path(path)
        directory_uid = text(shown, "directory_id")
        updated_at = time(shown, "updated_at") or required_time(shown, "created_at")
        self.staging.put(
            rows.File(
                uid=uid,
                kind=kind.type,
                directory=directory,
                directory_uid=directory_uid,
                name=name,
                path=path,
                description=text(shown, "description"),
                readme=text(shown, "readme"),
                tags=json_of(shown.get("tags", [])),
                updated_at=updated_at,
                last_used_at=time(shown, "last_used_at") or required_time(shown, "created_at"),
                deleted_at=None if deleted_at is None else deleted_at or updated_at,
                listed=listed,
            )
        )
        if listed and deleted_at is None and directory_uid:
            self.staging.put(rows.Directory(directory, directory_uid, None, None, "[]", None, None, rows.MENTIONED))
        for place, item in enumerate(objects(shown.get("evaluators"))):
            self._stage_monitor(uid, place, item, listed)

    def _stage_monitor(self, file: str, place: int, shown: JsonObject, listed: int) -> None:
        reference = document(shown.get("version_reference"), "`version_reference`")
        evaluator = document(reference.get("version") or reference.get("file"), "the evaluator that watches the file")
        version = self.mention(evaluator)
        environment = next(iter(objects([reference.get("environment")])), None)
        self.staging.put(
            rows.Monitor(
                file_uid=file,
                place=place,
                evaluator_version_uid=None if environment else version,
                evaluator_uid=required_id(evaluator, "id") if environment else None,
                environment_uid=stage_environment(self.staging, environment, rows.MENTIONED) if environment else None,
                state="inactive" if shown.get("state") == "inactive" else "active",
                created_at=required_time(shown, "created_at"),
                updated_at=time(shown, "updated_at") or required_time(shown, "created_at"),
                listed=listed,
            )
        )


def stage_datapoint(staging: Staging, shown: JsonObject) -> str:
    """Stage a datapoint and return its id."""
    uid = required_id(shown, "id")
    try:
        content = instance_of(CreateDatapointRequest).load(shown)
    except ValidationError:
        content = {name: shown.get(name) for name in datapoints.CONTENT}
    derived = datapoints.derived_uid(content)
    row = {"id": uid, **{name: shown.get(name) for name in datapoints.CONTENT}} | shown
    staging.put(rows.Datapoint(uid, derived if derived != uid else None, json_of(row)))
    return uid
