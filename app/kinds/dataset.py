"""Datasets."""

from ..schemas import datasets
from .base import FileKind

DATASET = FileKind(
    type="dataset",
    id_prefix="ds",
    version_prefix="dsv",
    request=datasets.DatasetRequest,
    response=datasets.DatasetResponse,
    listing=datasets.ListDatasets,
    content_fields=("attributes",),
    describe=lambda content: {"attributes": content["attributes"], "schema": None},
    datapoints=True,
    counts=("datapoints_count",),
    monitorable=False,
    on_request=("datapoints",),
)
