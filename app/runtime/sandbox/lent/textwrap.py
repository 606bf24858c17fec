"""`textwrap` for Monty: dedent and indent. To wrap lines is left to CPython, whose rules on hyphens are long."""


def dedent(text):
    margin = None
    lines = text.split("\n")
    for line in lines:
        stripped = line.lstrip(" \t")
        if stripped:
            space = line[: len(line) - len(stripped)]
            margin = space if margin is None else _common(margin, space)
    kept = [line[len(margin or "") :] if line.lstrip(" \t") else "" for line in lines]
    return "\n".join(kept)


def indent(text, prefix, predicate=None):
    wanted = predicate or (lambda line: bool(line.strip()))
    return "".join([prefix + line if wanted(line) else line for line in text.splitlines(True)])


def _common(one, other):
    length = 0
    while length < min(len(one), len(other)) and one[length] == other[length]:
        length += 1
    return one[:length]
