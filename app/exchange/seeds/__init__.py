"""Seeds: a folder that describes a workspace, for a server or a test to begin with.

Its YAML and JSON documents, `.prompt` and `.agent` files are read in lexical order, subfolders too. A document is
either one File:

    type: prompt
    path: geography/Capital            # default: its place in the folder
    description: Names the capital of a country.
    versions:                          # or the content of the only version, right here
      - name: short                    # a version: what `POST /prompts` takes, and …
        model: gpt-4o-mini
        template: What is the capital of {{country}}?
        created_at: 2025-03-03T09:00   # … when it was made,
        deployed_to: [production]      # … where it runs; the first one is in the default environment anyway
    monitors: [checks/Correct]         # evaluators that watch it; or {path, version | environment, state}
    logs:                              # logs: what `POST /prompts/log` takes, and …
      - log_id: log_france             # (its id in the API, and how a run names it)
        version: short                 # … of which version; default: the one deployed to production
        inputs: {country: France}
        output: Paris
        dataset: geography/Countries   # … that it answers the datapoint with the same inputs
        judgments: {checks/Correct: true}   # … what evaluators found: a value, or {judgment | error, version, …}
        children: []                   # … the logs below it in its trace, each with its `path`

or holds several things:

    examples: true                     # besides, the Example Evaluators that every new organisation has
    environments: [canary, {name: live, tag: default}]
    directories: [geography/Archive]
    files: []                          # Files as above, each with its `path`
    evaluations:
      - name: Short or long
        file: geography/Capital
        evaluators: [checks/Correct]   # or {path, version | environment, orchestrated}
        runs:                          # the first one is the control unless another says `control: true`
          - key: short                 # so that another evaluation can share it: {run: short}
            version: short
            dataset: geography/Countries    # or {path, version | environment}
            logs: [log_france]         # ids, or logs as above: of the run's version and dataset

`datapoints` and `logs` may be the name of a `.jsonl` file beside the document, one item a line, `datapoints` that of a
`.csv` file as well; the `code` of an evaluator and the `source_code` of a tool that of a `.py` file. A tool has
`environment_variables: {NAME: value}`. Prompts name their `linked_tools` by path, and agents theirs in
`link: {path, version | environment}`. An item may refer to environments, Files, logs and evaluations in this order,
wherever they stand; unknown keys are errors.
"""

from .loader import NotEmpty, furnish, seed
from .places import SeedError
from .start import fill

__all__ = ["NotEmpty", "SeedError", "fill", "furnish", "seed"]
