"""Datasets and their datapoints: content, requests, answers."""

from typing import Unpack

from .base import Query, Request, Response, Value
from .choices import AnyOf
from .fields import AnyValue, Bool, Dict, Enum, File, Float, Int, List, Options, Str, StrDict, many
from .files import FileAddress, FileFields, SchemaField, VersionNames, VersionQuery
from .messages import ChatMessage
from .older import VersionStatusFilter
from .paging import listed, page_number, page_size, paginated


def target_field(**options: Unpack[Options]) -> Dict:
    """Make the field of a datapoint's expected output: an object of JSON values other than null."""
    return Dict(values=AnyOf(Str(), Int(), Float(), Bool(), List(AnyValue(allow_none=True)), Dict()), **options)


class CreateDatapointRequest(Value):
    """The content of a datapoint."""

    inputs = StrDict()
    messages = many(ChatMessage)
    target = target_field()


class DatasetRequest(FileAddress, VersionNames, Request):
    """A Dataset version to store: its datapoints, or what to add to or remove from an existing one."""

    datapoints = many(CreateDatapointRequest, required=True)
    action = Enum("set", "add", "remove")
    attributes = Dict(load_default=None)


class CsvUpload(VersionNames, Request):
    """A CSV file of datapoints, and the name of the version that they make: the parts of a multipart body."""

    file = File(required=True)


class DatasetQuery(VersionQuery):
    """Which version of a Dataset, and whether with its datapoints."""

    include_datapoints = Bool()


class DatasetVersionListQuery(VersionStatusFilter, Query):
    """Whether the newest version comes with its datapoints."""

    include_datapoints = Enum("latest_committed", "latest_saved")


class DatapointListQuery(VersionQuery):
    """Which page of a version's datapoints."""

    page = page_number()
    size = page_size(50)


class DatapointResponse(Response):
    """A datapoint."""

    inputs = StrDict(allow_none=True)
    messages = many(ChatMessage, allow_none=True)
    target = target_field(allow_none=True)
    id = Str()


class DatasetResponse(FileFields, SchemaField, Response):
    """A Dataset at one version."""

    type = Enum("dataset")
    datapoints_count = Int()
    datapoints = many(DatapointResponse, allow_none=True)
    attributes = Dict(allow_none=True)


ListDatasets = listed(DatasetResponse)
PaginatedDatapointResponse = paginated(DatapointResponse)
