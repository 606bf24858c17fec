"""Makes an eval of OpenAI's API of what `humanloop-emulator convert openai-evals` wrote for a prompt, and runs it.

    python to_openai_evals.py converted/geography/Capital

OPENAI_API_KEY says who you are. Each version of the prompt is a run, and a model call for each item.
"""

import json
import os
import sys
from pathlib import Path
from typing import Any

import httpx


def start(http: httpx.Client, folder: Path) -> tuple[str, list[str]]:
    """Upload the items, create the eval and its runs, and return their ids."""
    with (folder / "items.jsonl").open("rb") as items:
        uploaded = _taken(http.post("files", data={"purpose": "evals"}, files={"file": items}))
    evaluation = _taken(http.post("evals", json=json.loads((folder / "eval.json").read_text(encoding="utf-8"))))
    runs = []
    for path in sorted(folder.glob("run *.json")):
        run = json.loads(path.read_text(encoding="utf-8"))
        run["data_source"]["source"]["id"] = uploaded["id"]
        runs.append(_taken(http.post(f"evals/{evaluation['id']}/runs", json=run))["id"])
    return evaluation["id"], runs


def _taken(response: httpx.Response) -> dict[str, Any]:
    if response.is_error:
        raise SystemExit(f"{response.request.url} answered {response.status_code}: {response.text}")
    answer: dict[str, Any] = response.json()
    return answer


def main() -> None:
    """Start what is in the folder that the command line names."""
    base = os.environ.get("OPENAI_BASE_URL", "https://api.openai.com/v1")
    key = {"Authorization": f"Bearer {os.environ['OPENAI_API_KEY']}"}
    with httpx.Client(base_url=base, headers=key, timeout=60) as http:
        evaluation, runs = start(http, Path(sys.argv[1]))
        print(f"The eval {evaluation} has {len(runs)} runs: {', '.join(runs)}.")


if __name__ == "__main__":
    main()
