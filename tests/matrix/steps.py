"""What the programs in `python` and `npm` do, and how the table calls it."""

STEPS = {
    "prompt": "upsert a prompt",
    "tool": "upsert a tool",
    "flow": "upsert a flow",
    "agent": "upsert an agent",
    "dataset": "upsert a dataset",
    "evaluator": "upsert an evaluator",
    "lists": "list Files, each as what it is",
    "versions": "list, commit, deploy versions",
    "directories": "create, read, rename directories",
    "monitoring": "let an evaluator watch a prompt",
    "log": "log to a prompt, change the Log",
    "trace": "log a trace, complete it",
    "logs": "list, filter, delete Logs",
    "call": "call a prompt, whole and in pieces",
    "agent_call": "call an agent and a tool",
    "decorators": "record a trace with decorators",
    "evaluation": "create an Evaluation, judge its Logs, read stats",
    "local_evaluators": "`evaluations.run`, evaluators of one's own",
    "server_evaluators": "`evaluations.run`, evaluators on the server",
    "decorated_run": "`evaluations.run` of a decorated flow",
}
