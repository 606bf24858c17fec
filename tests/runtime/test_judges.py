"""How the server judges one Log: what code and models see, and what becomes of their answers."""

from typing import Any

import pytest

from humanloop_emulator.json_types import JsonObject
from tests.builders.evaluations import Lab
from tests.builders.models import Models, llm, python


def judge(lab: Lab, spec: JsonObject, **log: Any) -> JsonObject:
    """Return the Evaluator Log that a new Log of a Prompt gets."""
    prompt = lab.prompt()
    evaluator = lab.api.post("/evaluators", {"path": "checks/one", "spec": spec})
    evaluation = lab.evaluation(prompt, evaluator)
    evaluation.create_run().add([lab.log(prompt, **log)])
    return evaluation.logs()["records"][0]["evaluator_logs"][0]


def options(*names: str) -> list[JsonObject]:
    return [{"name": name, "valence": "positive"} for name in names]


@pytest.mark.parametrize(
    ("returns", "code", "judgment"),
    [
        ("boolean", "return log['output'] == 'yes'", True),
        ("number", "return 2.5", 2.5),
        ("text", "return log['output'].upper()", "YES"),
        ("select", "return 'good'", "good"),
        ("multi_select", "return ['good', 'short']", ["good", "short"]),
        ("boolean", "return None", None),
    ],
)
def test_code_gives_a_judgment_of_each_type(lab: Lab, returns: str, code: str, judgment: Any) -> None:
    spec = python(f"def check(log):\n    {code}", returns, options=options("good", "bad", "short"))
    judged = judge(lab, spec, output="yes")
    assert (judged["judgment"], judged["error"]) == (judgment, None)


@pytest.mark.parametrize(
    ("returns", "code", "says"),
    [
        ("boolean", "return 1", "booleans"),
        ("number", "return True", "numbers"),
        ("number", "return 11", "maximum"),
        ("number", "return 2.5", "step"),
        ("select", "return 'great'", "options"),
        ("multi_select", "return 'good'", "list"),
        ("multi_select", "return [['good']]", "option names"),
        ("multi_select", "return [None]", "list"),
        ("text", "return 3", "text"),
    ],
)
def test_a_judgment_that_breaks_the_spec_is_an_error(lab: Lab, returns: str, code: str, says: str) -> None:
    limits = {"min": 0, "max": 10, "step": 1}
    spec = python(f"def check(log):\n    {code}", returns, options=options("good"), number_limits=limits)
    judged = judge(lab, spec)
    assert judged["judgment"] is None
    assert says in judged["error"]


def test_code_that_raises_is_an_error_with_its_prints(lab: Lab) -> None:
    judged = judge(lab, python("def check(log):\n    print('before')\n    return log['nothing']"))
    assert judged["judgment"] is None
    assert "KeyError" in judged["error"]
    assert judged["stdout"] == "before\n"


def test_the_last_function_is_called_and_others_help(lab: Lab) -> None:
    helper = "LIMIT = 3\n\ndef words(text):\n    return text.split()\n\n"
    code = helper + "def check(log):\n    return len(words(log['output'])) < LIMIT"
    assert judge(lab, python(code), output="two words")["judgment"] is True


def test_code_that_compares_but_takes_the_log_alone_gets_it(lab: Lab) -> None:
    prompt, dataset = lab.prompt(), lab.dataset(1)
    spec = python("def check(log):\n    return log['output'] == 'yes'", compares=True)
    evaluator = lab.api.post("/evaluators", {"path": "checks/one", "spec": spec})
    evaluation = lab.evaluation(prompt, evaluator)
    evaluation.create_run(dataset).add([lab.log(prompt, dataset["datapoints"][0], output="yes")])
    assert evaluation.logs()["records"][0]["evaluator_logs"][0]["judgment"] is True


@pytest.mark.parametrize(
    ("returns", "reply", "judgment"),
    [
        ("boolean", "Let me think.\n**True.**", True),
        ("boolean", "Verdict: no", False),
        ("number", "It is short.\nScore: 7/10\n8", 8),
        ("select", "I say\n'Good'", "good"),
        ("multi_select", "good, short", ["good", "short"]),
        ("text", "Some\nthoughts", "thoughts"),
    ],
)
def test_the_last_line_of_a_model_is_the_verdict(
    lab: Lab, models: Models, returns: str, reply: str, judgment: Any
) -> None:
    models.answer(reply, match={"model": "judge"})
    judged = judge(lab, llm("{{log.output}}?", returns, options=options("good", "bad", "short")))
    assert (judged["judgment"], judged["error"]) == (judgment, None)
    assert judged["output"] == reply


def test_a_model_that_gives_no_verdict_is_an_error(lab: Lab, models: Models) -> None:
    models.answer("I cannot say.", match={"model": "judge"})
    judged = judge(lab, llm("{{log.output}}?"))
    assert judged["judgment"] is None
    assert "I cannot say" in judged["error"]
    assert judged["output"] == "I cannot say."


def test_a_model_that_fails_is_an_error(lab: Lab, models: Models) -> None:
    models.answer(match={"model": "judge"}, error={"status": 500, "message": "Out of order."})
    assert judge(lab, llm("{{log.output}}?"))["error"] == "Out of order."


def test_the_template_of_a_judge_sees_log_testcase_and_prompt(lab: Lab, models: Models) -> None:
    models.answer("{{message}}", match={"model": "judge"})
    template = "{{log.output}}|{{log.inputs.question}}|{{log_prompt}}"
    judged = judge(lab, llm(template, "text"), output="Paris", inputs={"question": "Capital?"})
    assert judged["judgment"] == "Paris|Capital?|{{question}}"


@pytest.mark.parametrize("answer", [{"reply": "True"}, {"error": {"status": 500, "message": "Out of order."}}])
def test_the_log_of_a_judge_shows_what_it_was_asked(lab: Lab, models: Models, answer: JsonObject) -> None:
    models.answer(match={"model": "judge"}, **answer)
    asked = judge(lab, llm("Is {{log.output}} right?"), output="Paris")["provider_request"]
    assert asked["model"] == "judge"
    assert asked["messages"] == [{"role": "user", "content": "Is Paris right?"}]


def test_a_template_that_needs_a_datapoint_says_so(lab: Lab) -> None:
    judged = judge(lab, llm("{{log.output}} {{testcase.target.output}}"))
    assert "testcase.target.output" in judged["error"]
