"""Logs of one moment keep the order in which the lists of a tree show them."""

import shutil
from pathlib import Path

import orjson
import pytest
from flask import Flask

from humanloop_emulator.exchange.tree.log_records import in_order
from humanloop_emulator.json_types import Json
from humanloop_emulator.store import staging
from tests.builders.files import Logs
from tests.builders.trees import documents, export_to, files_of, import_from, make_official, named, page
from tests.conftest import Api, make_app
from tests.databases import database_at

MOMENT = "2025-01-01T00:00:00Z"


@pytest.fixture(scope="module")
def tied(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a tree where everything was logged in one moment, by files whose ids tell nothing of their order."""
    scratch = tmp_path_factory.mktemp("tied")
    app = make_app()
    api = Api(app)
    logs = Logs(api)
    top = logs.create("flow", "home/flow", created_at=MOMENT)["id"]
    judged = [
        logs.create(kind, f"home/{kind}{number}", trace_parent_id=top, created_at=MOMENT)["id"]
        for number in range(4)
        for kind in ("tool", "agent", "prompt")
    ]
    for number in (4, 1, 5, 2, 3, 0, 4):
        for log in judged:
            logs.judge(log, f"home/judge{number}", judgment=bool(number % 2), created_at=MOMENT)
    return make_official(export_to(app, scratch / "source"), scratch / "tree")


def test_judgments_and_children_keep_their_order(app: Flask, api: Api, tied: Path) -> None:
    report = import_from(app, tied)
    assert (report.problems, report.findings) == ([], [])
    (flow,) = documents(named(tied, "flow")[0], "logs/*.jsonl")
    assert api.get(f"/logs/{flow['id']}") == flow
    assert len(flow["trace_children"]) == 12
    for kind in ("tool", "prompt"):
        (told,) = documents(named(tied, f"{kind}0")[0], "logs/*.jsonl")
        assert api.get(f"/logs/{told['id']}")["evaluator_logs"] == told["evaluator_logs"]
        assert len(told["evaluator_logs"]) == 7


def test_lists_keep_their_order(app: Flask, api: Api, tied: Path) -> None:
    import_from(app, tied)
    for number in range(6):
        folder, judge = named(tied, f"judge{number}")
        shown = page(api, "/logs", file_id=judge["id"])
        assert [log["id"] for log in shown] == [log["id"] for log in documents(folder, "logs/*.jsonl")]


def test_the_order_goes_on_from_page_to_page_and_over_interruptions(
    tied: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(staging, "BATCH", 1)
    tree = Path(shutil.copytree(tied, tmp_path / "tree"))
    for path in tree.glob("files/*/logs/1.jsonl"):
        lines = path.read_bytes().splitlines()
        path.write_bytes(b"\n".join(lines[:2]))
        path.with_name("2.jsonl").write_bytes(b"\n".join(lines[2:]))
    whole, interrupted = make_app(), make_app(db=database_at(tmp_path / "db"))
    import_from(whole, tree)
    for number in range(3, 40, 6):
        steps = iter(range(number))
        with pytest.raises(StopIteration):
            import_from(interrupted, tree, step=lambda steps=steps: next(steps))
    import_from(interrupted, tree)
    assert logs_of(interrupted, tree) == logs_of(whole, tree)
    interrupted.extensions["emulator"].db.close()


def logs_of(app: Flask, tree: Path) -> list[Json]:
    """Return the ids of the Logs of each File, in the order of the list, each with those of its judgments."""
    return [
        (log["id"], [judgment["id"] for judgment in log["evaluator_logs"]])
        for _, file in files_of(tree)
        for log in page(Api(app), "/logs", file_id=file["id"])
    ]


def test_an_order_that_contradicts_itself_is_kept_where_it_does_not() -> None:
    assert list(in_order("cba", {"c": ["b"], "b": ["a"], "a": ["c"]})) == ["a", "b", "c"]
    assert list(in_order("abcd", {"a": ["d"], "d": ["c"]})) == ["c", "d", "a", "b"]
    assert list(in_order("a", {"a": ["a"]})) == ["a"]
    many = [str(number) for number in range(50_000)]
    assert list(in_order(many, dict(zip(many, ([other] for other in many[1:]), strict=False)))) == many[::-1]


def test_a_tree_whose_lists_contradict_each_other_is_imported(app: Flask, tree: Path) -> None:
    folder, judge = named(tree, "boolean")
    path = folder / "logs" / "1.jsonl"
    lines = [orjson.loads(line) | {"created_at": MOMENT} for line in path.read_bytes().splitlines()]
    path.write_bytes(b"\n".join(map(orjson.dumps, [*lines, *lines[::-1]])))
    import_from(app, tree)
    shown = page(Api(app), "/logs", file_id=judge["id"])
    assert {log["id"] for log in shown} == {log["id"] for log in lines}
