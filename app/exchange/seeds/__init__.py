"""Seeds: a folder that describes a workspace, for a server or a test to start with.

Its YAML and JSON documents, `.prompt` and `.agent` files are read in lexical order, subfolders included. A document is
either one File:

    type: prompt
    path: geography/Capital            # default: where it is in the folder
    description: Names the capital of a country.
    versions:                          # or, directly here, the content of the only version
      - name: short                    # a version: what `POST /prompts` takes, and …
        model: gpt-4o-mini
        template: What is the capital of {{country}}?
        created_at: 2025-03-03T09:00   # … when it was made,
        deployed_to: [production]      # … where it is deployed; the first one is in the default environment anyway
    monitors: [checks/Correct]         # evaluators that monitor it; or {path, version | environment, state}
    logs:                              # logs: what `POST /prompts/log` takes, and …
      - log_id: log_france             # (its id in the API, and how a run names it)
        version: short                 # … of which version; default: the one deployed to production
        inputs: {country: France}
        output: Paris
        dataset: geography/Countries   # … whose datapoint with the same inputs it answers
        judgments: {checks/Correct: true}   # … the evaluators' judgments: a value, or {judgment | error, version, …}
        children: []                   # … the logs below it in its trace, each with its `path`

or holds several things:

    examples: true                     # add the Example Evaluators that every new organisation has
    environments: [canary, {name: live, tag: default}]
    directories: [geography/Archive]
    files: []                          # Files as above, each with its `path`
    evaluations:
      - name: Short or long
        file: geography/Capital
        evaluators: [checks/Correct]   # or {path, version | environment, orchestrated}
        runs:                          # the first one is the control unless another has `control: true`
          - key: short                 # so that another evaluation can share it: {run: short}
            version: short
            dataset: geography/Countries    # or {path, version | environment}
            logs: [log_france]         # ids, or logs as above, of the run's version and dataset

Instead of a list, `datapoints` and `logs` may name a `.jsonl` file beside the document with one item per line;
`datapoints` may also name a `.csv` file. The `code` of an evaluator and the `source_code` of a tool may name a `.py`
file. A tool has `environment_variables: {NAME: value}`. Prompts name their `linked_tools` by path, agents theirs in
`link: {path, version | environment}`. Environments, Files, logs and evaluations are stored in this order, wherever they
are written; an item may refer to any of a kind before its own. Unknown keys are errors.
"""

from .loader import NotEmpty, fill, furnish, seed
from .locations import SeedError

__all__ = ["NotEmpty", "SeedError", "fill", "furnish", "seed"]
