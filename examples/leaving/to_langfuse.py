"""Sends what `humanloop-emulator convert langfuse` wrote to Langfuse.

    python to_langfuse.py requests.jsonl

LANGFUSE_BASE_URL says where Langfuse is, LANGFUSE_PUBLIC_KEY and LANGFUSE_SECRET_KEY who you are. Prompts that are sent
twice become new versions; datasets and their items stay what they are.
"""

import json
import os
import sys
from pathlib import Path

import httpx


def send(http: httpx.Client, file: Path) -> int:
    """Send the requests in their order, and return how many; the first that is refused ends it."""
    requests = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
    for number, request in enumerate(requests, 1):
        response = http.request(request["method"], request["path"], json=request["body"])
        if response.is_error:
            raise SystemExit(f"Line {number} was refused with {response.status_code}: {response.text}")
    return len(requests)


def main() -> None:
    """Send the file that the command line names."""
    base = os.environ.get("LANGFUSE_BASE_URL", "https://cloud.langfuse.com")
    keys = os.environ["LANGFUSE_PUBLIC_KEY"], os.environ["LANGFUSE_SECRET_KEY"]
    with httpx.Client(base_url=base, auth=keys, timeout=60) as http:
        print(f"{send(http, Path(sys.argv[1]))} requests were taken.")


if __name__ == "__main__":
    main()
