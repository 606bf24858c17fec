"""`humanloop-emulator convert`: prompts, datasets and evaluators in the forms of other tools.

`source` reads them from the API; each other module writes one form into an `Output`, and notes there what that tool has
no place for. What we know of the tools' forms was checked with their packages: docs/leaving.md says with which.
"""
