"""Let litellm take a prompt from Humanloop, and log to that prompt what came of it.

    completion(model="humanloop/gpt-4o", prompt_id="pr_…", prompt_variables={…})

asks Humanloop for the prompt, fills it, and calls its model; these versions of litellm forget its temperature and other
parameters. litellm knows one address of Humanloop and has no option for another: `redirect` sends to the emulator what
is meant for the real one.

Start the server with `python run.py`, then run `python examples/litellm_prompt.py` in another terminal, in a virtual
environment of its own: `pip install litellm==1.61.20`. No model is called: `mock_response` is litellm's own stand-in.
"""

import argparse
import os
from datetime import datetime
from queue import Queue
from typing import Any

import httpx

os.environ.setdefault("LITELLM_LOCAL_MODEL_COST_MAP", "True")  # or its import asks a server for the prices of models
import litellm

REAL_HOST = "api.humanloop.com"
PATH = "Examples/Capital by litellm"
COUNTRIES = {"France": "Paris", "Kenya": "Nairobi"}
PROMPT = {
    "path": PATH,
    "model": "gpt-4o",
    "template": [
        {"role": "system", "content": "Answer with the name of the city alone."},
        {"role": "user", "content": "What is the capital of {{country}}?"},
    ],
}


def redirect(base_url: str) -> None:
    """Send the requests of this process that are meant for Humanloop to the host of this URL."""
    there, send = httpx.URL(base_url), httpx.HTTPTransport.handle_request

    def handle_request(transport: httpx.HTTPTransport, request: httpx.Request) -> httpx.Response:
        if request.url.host == REAL_HOST:
            request.url = request.url.copy_with(scheme=there.scheme, host=there.host, port=there.port)
            request.headers["Host"] = there.netloc.decode()
        return send(transport, request)

    httpx.HTTPTransport.handle_request = handle_request


def log_completions(humanloop: httpx.Client) -> Queue[str]:
    """Let litellm log each completion to the prompt; the ids of the Logs come through the queue."""
    logged: Queue[str] = Queue()

    def log(asked: dict[str, Any], answer: Any, start: datetime, end: datetime) -> None:
        body = {
            "path": PATH,
            "messages": asked["messages"],
            "output": answer.choices[0].message.content,
            "finish_reason": answer.choices[0].finish_reason,
            "prompt_tokens": answer.usage.prompt_tokens,
            "output_tokens": answer.usage.completion_tokens,
            "start_time": start.astimezone().isoformat(),
            "end_time": end.astimezone().isoformat(),
            "metadata": {"model": asked["model"]},
        }
        logged.put(humanloop.post("/prompts/log", json=body).raise_for_status().json()["id"])

    litellm.success_callback = [log]
    return logged


def main() -> None:
    """Run the example against a server, and print what was asked and answered, as the server has it."""
    options = argparse.ArgumentParser(description="Let litellm take its prompt from the emulator.")
    options.add_argument("--base-url", default="http://127.0.0.1:8904/v5")
    options.add_argument("--api-key", default="any")
    given = options.parse_args()
    with httpx.Client(base_url=given.base_url, headers={"X-API-KEY": given.api_key}) as humanloop:
        try:
            prompt = humanloop.post("/prompts", json=PROMPT).raise_for_status().json()
        except httpx.ConnectError:
            raise SystemExit(f"No server answers at {given.base_url}: start one with `python run.py`.") from None
        redirect(given.base_url)
        litellm.HUMANLOOP_PROMPT_CACHE_TTL_SECONDS = 0  # or it fills the prompt that it keeps, with the first values
        logged = log_completions(humanloop)
        for country, capital in COUNTRIES.items():
            litellm.completion(
                model="humanloop/gpt-4o",
                messages=[],
                prompt_id=prompt["id"],
                prompt_variables={"country": country},
                humanloop_api_key=given.api_key,
                mock_response=capital,
            )
            log = humanloop.get(f"/logs/{logged.get(timeout=30)}").raise_for_status().json()
            print(f"{log['messages'][-1]['content']} {log['output']} ({log['metadata']['model']})")


if __name__ == "__main__":
    main()
