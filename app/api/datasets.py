"""Datasets: the shared routes, and those for datapoints."""

from ..json_types import JsonObject, Rendered
from ..kinds import DATASET
from ..schemas.datasets import (
    CsvUpload,
    DatapointListQuery,
    DatasetQuery,
    DatasetRequest,
    DatasetResponse,
    DatasetVersionListQuery,
    ListDatasets,
    PaginatedDatapointResponse,
)
from ..schemas.files import VersionQuery
from ..services.files import datasets, documents
from ..services.workspace import Workspace
from .versioned_files import versioned_file_blueprint

blueprint = versioned_file_blueprint(DATASET)


@blueprint.operation(
    "POST", "/datasets", query=DatasetQuery, body=DatasetRequest, response=DatasetResponse, errors=(404, 409)
)
def upsert(ws: Workspace, query: JsonObject, body: JsonObject) -> Rendered:
    """Create a Dataset or a version of it by setting, adding or removing datapoints."""
    version = datasets.upsert(ws, DATASET, body, query)
    return datasets.show(ws, version.id, query)


@blueprint.operation("GET", "/datasets/<id>", query=DatasetQuery, response=DatasetResponse)
def get(ws: Workspace, query: JsonObject, id: str) -> Rendered:
    """Get a version of the Dataset, by default the one deployed to the default environment."""
    return datasets.get(ws, DATASET, id, query)


@blueprint.operation("GET", "/datasets/<id>/versions", query=DatasetVersionListQuery, response=ListDatasets)
def list_versions(ws: Workspace, query: JsonObject, id: str) -> JsonObject:
    """List the versions of the Dataset, newest first."""
    return datasets.list_versions(ws, DATASET, id, query)


@blueprint.operation(
    "GET",
    "/datasets/<id>/datapoints",
    query=DatapointListQuery,
    response=PaginatedDatapointResponse,
)
def list_datapoints(ws: Workspace, query: JsonObject, id: str) -> JsonObject:
    """List the datapoints of a version, in order."""
    return datasets.list_datapoints(ws, DATASET, id, query)


@blueprint.operation(
    "POST",
    "/datasets/<id>/datapoints/csv",
    query=VersionQuery,
    body=CsvUpload,
    body_location="files",
    response=DatasetResponse,
    errors=(404, 409),
)
def upload_csv(ws: Workspace, query: JsonObject, body: JsonObject, id: str) -> Rendered:
    """Add the rows of a CSV file as datapoints."""
    version = datasets.upload_csv(ws, DATASET, id, body["file"].read(), body, query)
    return documents.version(ws, version.id)
