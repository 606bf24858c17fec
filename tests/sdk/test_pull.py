"""`humanloop pull` of the official client, and `export --prompts`, write the same files."""

import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from humanloop_emulator.api.operations import organisation_of
from tests.builders.processes import ServerProcess, environment, run
from tests.builders.trees import contents

PACKAGES = ("humanloop==0.8.40b6", "python-dotenv")  # the first release with the command, and what it needs besides
UNREACHABLE = ("No matching distribution", "Connection", "Temporary failure", "timed out", "Name or service")
KEY = "pull"
TEMPLATE = [{"role": "system", "content": "Be »{{ tone }}«.\n\nAlways."}, {"role": "user", "content": "{{ question }}"}]


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with a release of the client that has the command."""
    folder = tmp_path_factory.mktemp("client")
    install = [sys.executable, "-m", "pip", "install", "--no-deps", "--quiet", "--target", str(folder), *PACKAGES]
    done = subprocess.run(install, capture_output=True, text=True, timeout=300)
    if done.returncode and any(reason in done.stderr for reason in UNREACHABLE):
        pytest.skip("The registry of Python packages cannot be reached.")
    assert done.returncode == 0, done.stderr
    return folder


@pytest.mark.parametrize("options", [[], ["--environment", "staging"]])
def test_both_write_the_same_files(client: Path, server: ServerProcess, tmp_path: Path, options: list[str]) -> None:
    with httpx.Client(base_url=f"{server.url}/v5", headers={"X-API-KEY": KEY}) as http:
        for path in ("top", "support/answer", "support/answer v1.2", "ä/ö"):
            made = http.post("/prompts", json={"path": path, "model": "gpt-4o", "template": TEMPLATE}).json()
        http.post("/agents", json={"path": "support/agent", "model": "gpt-4o", "template": "Help."})
        environments = http.get(f"/prompts/{made['id']}/environments").json()
        staging = next(item["id"] for item in environments if item["name"] == "staging")
        query = {"version_id": made["version_id"]}
        http.post(f"/prompts/{made['id']}/environments/{staging}", params=query).raise_for_status()
    command = [sys.executable, "-m", "humanloop.cli", "pull", "--api-key", KEY, "--base-url", f"{server.url}/v5"]
    pulled = subprocess.run(
        [*command, "--local-dir", str(tmp_path / "pulled"), *options],
        env=environment() | {"PYTHONPATH": str(client)},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert pulled.returncode == 0, pulled.stdout + pulled.stderr
    own = organisation_of(KEY, {}, own=True)
    exported = run(
        "export", "--prompts", str(tmp_path / "exported"), "--db", server.db, "--organisation", own, *options
    )
    assert exported.returncode == 0, exported.stderr
    assert contents(tmp_path / "exported") == contents(tmp_path / "pulled")
    assert len(contents(tmp_path / "pulled")) == (1 if options else 5)
