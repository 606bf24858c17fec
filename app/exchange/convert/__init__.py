"""`humanloop-emulator convert`: prompts, datasets and evaluators in the formats of other tools.

`source` reads them from the API. Each format has a module that writes it into an `Output`, with notes on what the other
tool cannot represent. The formats were checked with packages of those tools: docs/leaving.md lists them.
"""
