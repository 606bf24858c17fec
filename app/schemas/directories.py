"""Directories: the tree in which Files have their paths."""

from .base import Request, Response
from .fields import List, Str, Time, many, non_empty
from .files import FileResponse


class CreateDirectoryRequest(Request):
    """A new directory, by its path or by a name below a parent."""

    name = Str(validate=non_empty())
    parent_id = Str()
    path = Str()


class UpdateDirectoryRequest(Request):
    """A directory's new name or place."""

    name = Str(validate=non_empty())
    parent_id = Str()
    path = Str()


class DirectoryResponse(Response):
    """A directory."""

    id = Str()
    parent_id = Str(allow_none=True)
    name = Str()
    description = Str(allow_none=True)
    path = Str()
    readme = Str(allow_none=True)
    tags = List(Str())
    created_at = Time()
    updated_at = Time()


class DirectoryWithParentsAndChildrenResponse(DirectoryResponse):
    """A directory with its contents and all its parents."""

    subdirectories = many(DirectoryResponse)
    files = many(FileResponse)
    parents = many(DirectoryResponse)
