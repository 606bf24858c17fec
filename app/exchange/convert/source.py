"""What is converted: the Files that were named, and what the Evaluations of a prompt used with it."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from ...client import Api, Refused
from ...json_types import JsonObject
from ...kinds import ASKING, DATASET, DATASETS, EVALUATOR, JUDGES, KINDS

EXAMPLES = "Example Evaluators/"  # every organisation has them: they are included only where they are used or named


class Missing(Exception):
    """Something that was named does not exist; the text says what."""


@dataclass(frozen=True)
class Wanted:
    """What was asked for; without paths, everything."""

    paths: tuple[str, ...] = ()  # of Files, or of directories
    dataset: str | None = None  # instead of the one that Evaluations used
    evaluators: tuple[str, ...] = ()  # instead of those that Evaluations used
    environment: str | None = None  # its Versions of prompts, instead of the default ones
    all_versions: bool = False


@dataclass(frozen=True)
class Dataset:
    """A Version of a Dataset."""

    document: JsonObject
    datapoints: list[JsonObject]

    @property
    def path(self) -> str:
        """Return the path of the File."""
        path: str = self.document["path"]
        return path


@dataclass(frozen=True)
class Subject:
    """What asks a language model: its Versions by name, the oldest first, with its dataset and evaluators."""

    path: str
    works: bool  # it runs tools by itself, which none of the other products does
    versions: dict[str, JsonObject]
    dataset: Dataset | None
    evaluators: list[JsonObject]


@dataclass(frozen=True)
class Source:
    """All that is converted; datasets and evaluators of subjects are in the other lists too."""

    subjects: list[Subject] = field(default_factory=list)
    datasets: list[Dataset] = field(default_factory=list)
    evaluators: list[JsonObject] = field(default_factory=list)
    others: Mapping[str, int] = field(default_factory=dict)  # how many Files of other kinds were named


def read(api: Api, wanted: Wanted) -> Source:
    """Read what was asked for. Missing: there is nothing at a path."""
    return _Reader(api, wanted).read()


class _Reader:
    def __init__(self, api: Api, wanted: Wanted) -> None:
        self._api = api
        self._wanted = wanted
        self._datasets: dict[str, Dataset] = {}

    def read(self) -> Source:
        everything = [file for file in self._files if not file["path"].startswith(EXAMPLES)]
        files = [file for path in self._wanted.paths for file in self._at(path)] if self._wanted.paths else everything
        chosen = {file["id"]: file for file in files}.values()
        subjects = [self._subject(file) for file in chosen if file["type"] in ASKING]
        for file in chosen:
            if file["type"] in DATASETS:
                self._dataset(file)
        evaluators = [file for file in chosen if file["type"] in JUDGES]
        evaluators += [evaluator for subject in subjects for evaluator in subject.evaluators]
        return Source(
            [subject for subject in subjects if subject.versions],
            sorted(self._datasets.values(), key=lambda dataset: dataset.path),
            list({evaluator["id"]: evaluator for evaluator in evaluators}.values()),
            Counter(file["type"] for file in chosen if file["type"] not in ASKING | DATASETS | JUDGES),
        )

    @cached_property
    def _files(self) -> list[JsonObject]:
        return sorted(self._api.pages("/files"), key=lambda file: file["path"])

    def _at(self, path: str) -> list[JsonObject]:
        found = [
            file for file in self._files if file["path"] == path or file["path"].startswith(path.rstrip("/") + "/")
        ]
        if not found:
            raise Missing(f"There is nothing at `{path}`.")
        return found

    def _file(self, path: str, kind: str) -> JsonObject:
        file = next((file for file in self._files if file["path"] == path), None)
        if file is None:
            raise Missing(f"There is no {kind} at `{path}`.")
        if file["type"] != kind:
            raise Missing(f"`{path}` is of type {file['type']}, not {kind}.")
        return file

    def _subject(self, file: JsonObject) -> Subject:
        evaluations = list(self._api.pages("/evaluations", file_id=file["id"]))
        dataset = self._dataset(self._file(self._wanted.dataset, DATASET.type)) if self._wanted.dataset else None
        evaluators = [self._file(path, EVALUATOR.type) for path in self._wanted.evaluators]
        used: dict[str, JsonObject] = {}
        for item in (item for evaluation in evaluations for item in evaluation["evaluators"]):
            used.setdefault(item["version"]["id"], item["version"])  # the newest Evaluation decides
        return Subject(
            path=file["path"],
            works=KINDS[file["type"]].works,
            versions={_label(version): version for version in self._versions(file)},
            dataset=dataset or self._dataset_of(evaluations),
            evaluators=evaluators or list(used.values()),
        )

    def _versions(self, file: JsonObject) -> list[JsonObject]:
        one = f"/{KINDS[file['type']].collection}/{file['id']}"
        if self._wanted.all_versions:
            versions: list[JsonObject] = self._api("GET", f"{one}/versions")["records"]
            return versions[::-1]
        if self._wanted.environment is None:
            return [file]
        try:
            return [self._api("GET", one, environment=self._wanted.environment)]
        except Refused as error:
            if error.status == 404 and "Environment" not in str(error):  # it is not deployed there
                return []
            raise

    def _dataset_of(self, evaluations: list[JsonObject]) -> Dataset | None:
        """Return the Dataset of the newest Run that has one."""
        for run in self._runs(evaluations):
            if run["dataset"]:
                try:
                    return self._dataset(run["dataset"])
                except Refused as error:  # it was deleted: look for an older one
                    if error.status != 404:
                        raise
        return None

    def _runs(self, evaluations: list[JsonObject]) -> Iterator[JsonObject]:
        for evaluation in evaluations:
            yield from self._api("GET", f"/evaluations/{evaluation['id']}/runs")["runs"]

    def _dataset(self, document: JsonObject) -> Dataset:
        uid = document["version_id"]
        if uid not in self._datasets:
            points = self._api.pages(f"/datasets/{document['id']}/datapoints", version_id=uid)
            self._datasets[uid] = Dataset(document, list(points))
        return self._datasets[uid]


def _label(version: JsonObject) -> str:
    """Return the name of a Version, else its id."""
    label: str = version["version_name"] or version["version_id"]
    return label
