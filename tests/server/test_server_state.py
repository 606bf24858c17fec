"""Reset and snapshots of a server with several processes, which also judges."""

import time
from collections.abc import Callable
from datetime import timedelta

import requests
from humanloop import Humanloop

from humanloop_emulator.ids import derived_id
from tests.builders.processes import SECONDS, ServerProcess, run

SPEC = {"evaluator_type": "python", "arguments_type": "target_free", "return_type": "boolean"}
CODE = "def check(log):\n    return log['output'] == 'Paris'\n"


def judged(sdk: Humanloop, evaluator: str) -> bool:
    """Wait until the Evaluator has judged a Log."""
    until = time.monotonic() + SECONDS
    while not (found := list(sdk.logs.list(file_id=evaluator))) and time.monotonic() < until:
        pass
    return bool(found)


def post(server: ServerProcess, path: str, **options: object) -> None:
    answer = requests.post(f"{server.url}/_emulator/{path}", timeout=30, **options)  # type: ignore[arg-type]
    assert answer.status_code < 300, answer.text


def test_all_processes_go_on_with_the_new_state(make_server: Callable[..., ServerProcess]) -> None:
    server = make_server("--workers", "2")
    server.start()
    sdk = Humanloop(api_key="any", base_url=f"{server.url}/v5")

    def use() -> None:
        """Work through all processes: each connection may reach another one."""
        for number in range(6):
            with requests.Session() as session:
                paths = session.get(f"{server.url}/v5/prompts", headers={"X-API-KEY": "any"}, timeout=30).json()
            assert [prompt["path"] for prompt in paths["records"]] == [], number
        judge = sdk.evaluators.upsert(path="a/judge", spec={**SPEC, "code": CODE})
        prompt = sdk.prompts.upsert(path="a/prompt", model="gpt-4o")
        sdk.prompts.update_monitoring(prompt.id, activate=[{"evaluator_version_id": judge.version_id}])
        sdk.prompts.log(path="a/prompt", output="Paris")
        assert judged(sdk, judge.id)

    post(server, "snapshots", json={"name": "empty"})
    use()
    post(server, "reset")
    use()
    post(server, "snapshots/empty/load")
    use()
    assert run("reset", "--db", server.db).returncode == 0
    use()
    assert "Traceback" not in server.errors and "no such table" not in server.errors


def test_clock_and_seed_hold_in_all_processes(make_server: Callable[..., ServerProcess]) -> None:
    server = make_server("--workers", "2", "--clock", "2025-03-01T12:00:00Z", "--seed-ids", "s")
    server.start()
    sdk = Humanloop(api_key="any", base_url=f"{server.url}/v5")
    judge = sdk.evaluators.upsert(path="judge", spec={**SPEC, "code": CODE})
    prompt = sdk.prompts.upsert(path="prompt", model="gpt-4o")
    sdk.prompts.update_monitoring(prompt.id, activate=[{"evaluator_version_id": judge.version_id}])
    post(server, "clock", json={"advance": 30 * 86_400})
    for _ in range(6):  # each connection may reach another process
        with requests.Session() as session:
            shown = session.get(f"{server.url}/_emulator/clock", timeout=30).json()
        assert shown == {"time": "2025-03-31T12:00:00.000000Z", "frozen": True}
    log = sdk.prompts.log(path="prompt", output="Paris")
    assert judged(sdk, judge.id)
    [made], [verdict] = (list(sdk.logs.list(file_id=file.id)) for file in (prompt, judge))
    assert made.created_at < verdict.created_at < made.created_at + timedelta(seconds=1)
    assert {log.id, verdict.id} < {derived_id("log", b"s", b"%d" % number) for number in range(1000)}
