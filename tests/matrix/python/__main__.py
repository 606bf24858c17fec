"""The twenty steps with whichever version of the Python SDK is installed.

    python tests/matrix/python <base URL> <key> <file for the outcomes>

It is run by the interpreter of an environment that has the SDK and nothing of this project. A step that the version
has no methods for is absent; whatever a step finds wrong, it raises. Each step works on Files of its own.
"""

import json
import os
import signal
import time
import traceback
from typing import Any

import evaluations
import files
import logs
from sdk import OUTCOMES, Absent

SECONDS = 60  # after which a step that does not end has failed
STEPS = (
    *(files.prompt, files.tool, files.flow, files.agent, files.dataset, files.evaluator),
    *(files.lists, files.versions, files.directories, files.monitoring),
    *(logs.log, logs.trace, logs.logs, logs.call, logs.agent_call, logs.decorators),
    *(evaluations.evaluation, evaluations.local_evaluators, evaluations.server_evaluators, evaluations.decorated_run),
)


def give_up(number: int, frame: Any) -> None:
    raise TimeoutError(f"It has not ended after {SECONDS} seconds.")


def main() -> None:
    """Do all steps and write a line of JSON for each."""
    pause = time.sleep
    time.sleep = lambda seconds: pause(
        min(seconds, 0.05)
    )  # the SDK looks every five seconds whether a Run has completed
    signal.signal(signal.SIGALRM, give_up)
    with open(OUTCOMES, "w", encoding="utf-8") as outcomes:
        for step in STEPS:
            outcome, reason = "passed", ""
            signal.alarm(SECONDS)
            try:
                step()
            except Absent:
                outcome = "absent"
            except BaseException as error:
                traceback.print_exc()
                outcome, reason = "failed", f"{type(error).__name__}: {error}"
            finally:
                signal.alarm(0)
            print(json.dumps({"step": step.__name__, "outcome": outcome, "reason": reason}), file=outcomes, flush=True)
    os._exit(0)  # threads of the SDK may wait for ever after a failure


main()
