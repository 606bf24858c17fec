"""The handle: clients, a server, state, and everything it reaches."""

import asyncio
import shutil
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from humanloop import Humanloop
from humanloop.core.api_error import ApiError

from humanloop_emulator import application
from humanloop_emulator.testing import Handle

PATH = "qa/answer"


@pytest.fixture
def handle() -> Iterator[Handle]:
    with Handle() as handle:
        yield handle


def upsert(handle: Handle, path: str = PATH) -> str:
    return handle.client().prompts.upsert(path=path, model="gpt-4o", template="{{question}}").id


def paths(client: Humanloop) -> list[str]:
    return [prompt.path for prompt in client.prompts.list()]


def test_keys_are_those_of_the_settings() -> None:
    with Handle(api_keys="good=acme") as handle:
        assert paths(handle.client("good")) == []
        with pytest.raises(ApiError) as raised:
            handle.client("bad").prompts.get("pr_x")
        assert raised.value.status_code == 401


def test_wrong_settings_are_refused() -> None:
    with pytest.raises(ValueError, match="--jobs"):
        Handle(jobs="never")


@pytest.mark.parametrize(("settings", "expected"), [({}, 0), ({"seed": ""}, 0), ({"seed": "default"}, 8)])
def test_it_is_empty_unless_a_seed_is_named(settings: dict[str, str], expected: int) -> None:
    """Tests assert on lists; a server has the Example Evaluators of a new account."""
    with Handle(**settings) as handle:
        for _ in range(2):
            assert len(list(handle.client().evaluators.list())) == expected
            handle.reset()


def test_handles_share_nothing(handle: Handle) -> None:
    upsert(handle)
    with Handle() as other:
        assert paths(other.client()) == []


def test_the_asynchronous_client_calls_and_streams(handle: Handle) -> None:
    upsert(handle)
    handle.models.add(reply="one two three")

    async def use() -> list[str | None]:
        client = handle.async_client()
        assert [prompt.path async for prompt in await client.prompts.list()] == [PATH]
        pieces = client.prompts.call_stream(path=PATH, inputs={"question": "?"})
        return [piece.output async for piece in pieces if piece.output]

    assert asyncio.run(use()) == ["one", " two", " three"]


def test_asynchronous_requests_do_not_wait_for_each_other(handle: Handle) -> None:
    """The first request is answered once the second one has been: in one thread neither would end."""
    upsert(handle)
    started: list[str] = []

    async def use() -> None:
        second = asyncio.Event()
        loop = asyncio.get_running_loop()

        def wait(seconds: float) -> None:
            started.append("first")
            asyncio.run_coroutine_threadsafe(second.wait(), loop).result(timeout=20)

        handle.clock.sleep = wait  # type: ignore[method-assign]
        handle.faults.add(path="/prompts", delay=1, times=1)
        client = handle.async_client()
        first = asyncio.create_task(client.prompts.list())
        while not started:
            await asyncio.sleep(0)
        await client.prompts.list()
        second.set()
        await first

    asyncio.run(use())


def test_streams_arrive_piece_by_piece(handle: Handle) -> None:
    upsert(handle)
    handle.models.add(reply="one two", times=1)
    stream = handle.client().prompts.call_stream(path=PATH, inputs={"question": "?"})
    assert next(iter(stream)).output == "one"
    assert handle.state.counts()[0]["logs"] == 0, "the Log is stored when the model has finished"
    assert [piece.output for piece in stream if piece.output] == [" two"]
    assert handle.state.counts()[0]["logs"] == 1


def test_the_server_has_the_same_state(handle: Handle) -> None:
    upsert(handle)
    client = Humanloop(api_key="any", base_url=f"{handle.url}/v5")
    assert paths(client) == [PATH]
    handle.models.add(reply="one two")
    pieces = client.prompts.call_stream(path=PATH, inputs={"question": "?"})
    assert [piece.output for piece in pieces if piece.output] == ["one", " two"]


def test_the_server_ends_with_the_handle() -> None:
    with Handle() as handle:
        url = f"{handle.url}/_emulator/health"
        assert urllib.request.urlopen(url, timeout=10).status == 200
    with pytest.raises(OSError):
        urllib.request.urlopen(url, timeout=10)


def test_reset_goes_back_to_the_start(handle: Handle) -> None:
    upsert(handle)
    handle.models.add(reply="x")
    handle.faults.add(path="/prompts", status=500)
    handle.clock.freeze("2030-01-01")
    handle.reset()
    assert paths(handle.client()) == []
    assert {entry.method for entry in handle.journal.requests()} == {"GET"}
    assert not handle.clock.frozen
    assert not [rule for rule in handle.models.list() if rule["source"] is None]


def test_a_reset_prepares_nothing_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It copies what is kept in memory: no migration, no file of the seed and no application is asked for."""
    seed = tmp_path / "seed"
    seed.mkdir()
    for number in range(20):
        (seed / f"flow-{number}.yaml").write_text("type: flow\nattributes: {}\n")
    with Handle(seed=str(seed)) as handle:
        shutil.rmtree(seed)
        for name in ("prepare", "assemble", "Database"):
            monkeypatch.delattr(application, name)
        for _ in range(2):
            flows = list(handle.client().flows.list(size=50))
            assert len(flows) == 20
            handle.client().flows.delete(flows[0].id)
            handle.reset()


def test_snapshots_are_restored(handle: Handle) -> None:
    upsert(handle, "first/prompt")
    handle.snapshot("one")
    upsert(handle, "second/prompt")
    handle.restore("one")
    assert paths(handle.client()) == ["first/prompt"]
    assert [snapshot.name for snapshot in handle.state.snapshots.list()] == ["one"]


def test_a_workspace_is_seeded(handle: Handle, tmp_path: Path) -> None:
    (tmp_path / "prompt.yaml").write_text("type: prompt\npath: seeded/prompt\nmodel: gpt-4o\n")
    handle.seed(tmp_path)
    assert paths(handle.client()) == ["seeded/prompt"]


def test_models_answer_by_rules(handle: Handle) -> None:
    upsert(handle)
    with pytest.raises(ValueError, match="rule"):
        handle.models.add(match={"colour": "red"})
    handle.models.add({"match": {"message": "France"}}, reply="Paris")

    def ask(question: str) -> str | None:
        return handle.client().prompts.call(path=PATH, inputs={"question": question}).logs[0].output

    assert ask("The capital of France?") == "Paris"
    assert handle.models.list()[0]["uses"] == 1
    handle.models.clear()
    assert ask("The capital of France?") != "Paris"


def test_evaluators_have_judged_when_the_log_is_answered(handle: Handle) -> None:
    client = handle.client()
    spec = {"evaluator_type": "python", "arguments_type": "target_free", "return_type": "boolean"}
    code = "def check(log):\n    return log['output'] == 'Paris'\n"
    judge = client.evaluators.upsert(path="qa/judge", spec={**spec, "code": code})
    upsert(handle)
    prompt = client.files.retrieve_by_path(path=PATH)
    client.prompts.update_monitoring(prompt.id, activate=[{"evaluator_version_id": judge.version_id}])
    client.prompts.log(path=PATH, output="Paris")
    [log] = client.logs.list(file_id=judge.id)
    assert log.judgment is True


def test_cut_and_broken_answers_fail_as_those_of_a_server_do(handle: Handle) -> None:
    upsert(handle)
    handle.faults.add(path="/v5/prompts", method="GET", cut=True, times=1)
    with pytest.raises(httpx.RemoteProtocolError):
        handle.client().prompts.list()
    handle.models.add(reply="one two three")
    handle.faults.add(operation="prompts.call", chunks=1)
    received = []
    with pytest.raises(httpx.RemoteProtocolError):
        for piece in handle.client().prompts.call_stream(path=PATH, inputs={"question": "?"}):
            received.append(piece.output)
    assert received == ["one"]


def test_a_delay_longer_than_the_timeout_fails(handle: Handle) -> None:
    waited: list[float] = []
    handle.clock.sleep = waited.append  # type: ignore[method-assign]
    handle.faults.add(path="/v5/prompts", delay=3)
    with pytest.raises(httpx.ReadTimeout):
        handle.client(timeout=0.5).prompts.list()
    with pytest.raises(httpx.ReadTimeout):
        asyncio.run(handle.async_client(timeout=0.25).prompts.list())
    assert handle.client(timeout=3).prompts.list().items == []
    assert waited == [0.5, 0.25, 3]


def test_clients_of_a_closed_handle_are_told() -> None:
    with Handle() as handle:
        client = handle.client()
    with pytest.raises(RuntimeError, match="closed"):
        client.prompts.list()
