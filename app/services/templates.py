"""Templates of prompts: the variables they name, and the texts they become.

Two languages [D]: `default`, where `{{ name }}` stands for an input, and `jinja`. A template is a text or chat
messages; in messages the texts and the image URLs are filled, and nothing else: names, tool calls and signed
thinking go to the model as they were written [A].

Jinja templates come from whoever may write prompts, so they run in Jinja's sandbox, and within limits on their
steps, their values and their output. Jinja is imported on first use: most servers never need it.
"""

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence, Set, ValuesView
from functools import cache, partial, wraps
from itertools import chain
from typing import TYPE_CHECKING, Any

from ..errors import Invalid

if TYPE_CHECKING:
    from jinja2 import Environment

Template = str | list[dict[str, Any]] | None

MAX_TEXT = 4 * 2**20
"""The most characters of a filled template, or of a value in it: room for an image as a data URL."""

MAX_WORK = 16 * MAX_TEXT
"""The most characters that one operation may make, estimated before it runs."""

MAX_STEPS = 200_000
"""The most loop turns, calls, filters and operators of a template; one with much work counts for several."""

MAX_BITS = 2**13
"""The size of the largest whole number; it is below what Python agrees to print."""

# The operations whose result may be as long as their value times their largest argument.
MULTIPLIERS = {
    *("*", "batch", "center", "expandtabs", "indent", "join", "ljust", "rjust", "slice", "to_bytes", "tojson"),
    *("translate", "urlize", "wordwrap", "zfill"),
}
FORMATTERS = {"%", "format", "format_map"}
FORMAT_SPECIFICATION = re.compile(r"%(?:\([^()]*\))?([-+ #0-9.*]*)|\{[^{}]*:([^{}]*\{?)")

SIZED = (Sequence, Set, Mapping, ValuesView)  # by name: what Jinja leaves undefined looks like a collection

TURNS, SMALL = "(turns)", "(small)"
"""The filters around what loops go through and around lists, tuples and dicts; no template can name them."""

# A letter, digit or underscore, then also dots, dashes and indexes, for paths such as `log.messages[0].content` [C].
# A name with spaces inside is left alone, as the clients leave it [C], and so is `{{ tool_name(argument) }}`.
VARIABLE = re.compile(r"\{\{\s*(\w[\w.\-\[\]]*)\s*\}\}")


class _MissingInput(Exception):
    """A template needs what the inputs do not have."""


def variables(template: Template, language: str | None = "default") -> list[str]:
    """List the variables of a template, each once, in the order of their first appearance [D].

    In the default language a variable is its whole name (`log.output`), in jinja the name without attributes
    (`log`). Jinja that cannot be parsed raises `Invalid`.
    """
    names = _language(language).names
    return list(dict.fromkeys(chain.from_iterable(map(names, _texts(template)))))


def populate(template: Template, language: str | None, inputs: Mapping[str, Any] | None) -> Template:
    """Return the template, in its own shape, with the inputs filled in [D].

    Text is inserted as it is, every other value as JSON text (`true`, `2`, `{"a": 1}`) [A]; Jinja writes values its
    own way. What is inserted is not searched for variables again. Raises `Invalid` naming all missing inputs (in the
    default language a null is a missing one), or saying why the template cannot be filled.
    """
    filler, given = _language(language), inputs or {}
    try:
        return _with_texts(template, partial(filler.fill, inputs=given))
    except _MissingInput as error:
        missing = dict.fromkeys(name for text in _texts(template) for name in filler.missing(text, given))
        problem = f"The template needs values for: {', '.join(missing)}." if missing else str(error)
        raise Invalid("Missing inputs.", problem, loc=("body", "inputs")) from None


def _language(name: str | None) -> "_Default | _Jinja":
    if name in (None, "default"):
        return _Default()
    if name == "jinja":
        return _Jinja()
    raise Invalid("Unknown template language.", f"There is no template language '{name}'.")


def _texts(template: Template) -> list[str]:
    found: list[str] = []

    def note(text: str) -> str:
        found.append(text)
        return text

    _with_texts(template, note)
    return found


def _with_texts(template: Template, change: Callable[[str], str]) -> Template:
    """Copy the template with every text in it changed."""
    if template is None:
        return None
    if isinstance(template, str):
        return change(template)
    return [
        {key: _content(value, change) if key == "content" else value for key, value in message.items()}
        for message in template
    ]


def _content(content: Any, change: Callable[[str], str]) -> Any:
    if isinstance(content, str):
        return change(content)
    return content and [_part(part, change) for part in content]


def _part(part: dict[str, Any], change: Callable[[str], str]) -> dict[str, Any]:
    if part.get("type") == "text":
        return part | {"text": change(part["text"])}
    if part.get("type") == "image_url":
        return part | {"image_url": part["image_url"] | {"url": change(part["image_url"]["url"])}}
    return part


class _Default:
    """`{{ name }}`, filled in one pass."""

    def __init__(self) -> None:
        self._limits = _Limits()

    def names(self, text: str) -> Iterable[str]:
        return VARIABLE.findall(text)

    def missing(self, text: str, inputs: Mapping[str, Any]) -> Iterable[str]:
        return [name for name in self.names(text) if _find(name, inputs) is None]

    def fill(self, text: str, inputs: Mapping[str, Any]) -> str:
        def value(match: re.Match[str]) -> str:
            found = _find(match[1], inputs)
            if found is None:
                raise _MissingInput(match[1])
            return self._limits.emit(found if isinstance(found, str) else json.dumps(found, ensure_ascii=False))

        return VARIABLE.sub(value, text)


def _find(name: str, inputs: Mapping[str, Any]) -> Any:
    """Return the input of this name, else what the name leads to as a path into the inputs, else None."""
    if name in inputs:
        return inputs[name]
    found: Any = inputs
    for step in re.findall(r"[^.\[\]]+", name):
        if isinstance(found, Mapping):
            found = found.get(step)
        elif isinstance(found, list) and step.isdecimal() and len(step) < 10 and int(step) < len(found):
            found = found[int(step)]
        else:
            return None
    return found


class _Jinja:
    """Jinja in its sandbox; made for one use, as the limits hold for all texts of a template together."""

    def __init__(self) -> None:
        self._limits = _Limits()
        self._environment = _sandbox()(self._limits)

    def names(self, text: str) -> Iterable[str]:
        from jinja2.meta import find_undeclared_variables

        try:
            tree = self._environment.parse(text)
            undeclared = find_undeclared_variables(tree)
            return [name for name in _names(tree) if name in undeclared]
        except Exception as error:
            raise _refusal(error) from None

    def missing(self, text: str, inputs: Mapping[str, Any]) -> Iterable[str]:
        return [name for name in self.names(text) if name not in inputs]

    def fill(self, text: str, inputs: Mapping[str, Any]) -> str:
        from jinja2 import UndefinedError

        try:
            chunks = self._environment.from_string(text).generate(dict(inputs))
            return "".join(map(self._limits.emit, chunks))
        except UndefinedError as error:
            if any(str(error) == f"{name!r} is undefined" for name in self.missing(text, inputs)):
                raise _MissingInput(str(error)) from None
            raise _refusal(error) from None
        except Exception as error:
            raise _refusal(error) from None


def _refusal(error: Exception) -> Invalid:
    """Say what is wrong with a template: whatever fails in one is the fault of the one who wrote it."""
    if isinstance(error, Invalid):
        return error
    line = getattr(error, "lineno", None)
    where = f"Line {line}: " if line else ""
    return Invalid("Invalid template.", f"{where}{str(error) or type(error).__name__}")


def _names(node: Any) -> Iterator[str]:
    """Walk the names of a syntax tree in the order of the text."""
    from jinja2 import nodes

    if isinstance(node, nodes.Name):
        yield node.name
    children = list(node.iter_child_nodes())
    if isinstance(node, nodes.CondExpr):  # `a if test else b`
        children[:2] = reversed(children[:2])
    elif isinstance(node, nodes.For) and node.test is not None:  # `for a in b if test`
        children.insert(2, children.pop())
    for child in children:
        yield from _names(child)


class _Limits:
    """What one template may use up; everything here raises `Invalid` when that is gone."""

    def __init__(self) -> None:
        self._steps = MAX_STEPS
        self._text = MAX_TEXT

    def emit(self, text: str) -> str:
        """Count a piece of the output, and return it."""
        self._text -= len(text)
        if self._text < 0:
            raise _too_large()
        return text

    def small(self, value: Any) -> Any:
        """Return the value unless its text would be too long; what holds itself often is short, and its text is not."""
        self._count(_size(value) // 128)
        return value

    def turns(self, items: Iterable[Any]) -> Iterator[Any]:
        """Count the turns of a loop over these items."""
        for item in items:
            self._count(1)
            yield item

    def run(self, name: str, value: Any, arguments: Sequence[Any], operation: Callable[[], Any]) -> Any:
        """Run an operation on a value, unless it is too much work; refuse a result that is too large to be kept."""
        work = _work(name, value, arguments)
        if work > MAX_WORK:
            raise _too_large()
        self._count(1 + work // 128)
        result = operation()
        if isinstance(result, int) and result.bit_length() > MAX_BITS:
            raise _too_large()
        return self.small(result)

    def _count(self, steps: int) -> None:
        self._steps -= steps
        if self._steps < 0:
            raise Invalid("Invalid template.", f"The template takes more than {MAX_STEPS} steps.")


def _too_large() -> Invalid:
    return Invalid("Invalid template.", f"The template makes a value or text of more than {MAX_TEXT} characters.")


def _work(name: str, value: Any, arguments: Sequence[Any]) -> int:
    """Estimate how many characters or items an operation makes."""
    if name in FORMATTERS and isinstance(value, str):
        # Every field may show all arguments, in a width that is written in its specification or is an argument.
        specifications = " ".join(map("".join, FORMAT_SPECIFICATION.findall(value)))
        widths = sum(int(digits[:9]) for digits in re.findall(r"[0-9]+", specifications))
        shown = _size(arguments, abs if re.search(r"[*{]", specifications) else _nothing)
        return widths + (value.count("%") + value.count("{")) * shown
    if name == "replace":
        old, new = [*map(str, arguments), "", ""][:2]
        return _size(value) + str(value).count(old) * len(new)
    if name == "**" and isinstance(value, int) and isinstance(arguments[0], int):
        return 1 if value.bit_length() * arguments[0] <= 2 * MAX_BITS else MAX_WORK + 1
    if name in MULTIPLIERS:
        return _size(value) * max((_size(argument, abs) for argument in arguments), default=1)
    return len(value) if isinstance(value, SIZED) else 1


def _nothing(number: int) -> int:
    return 0


def _size(value: Any, number: Callable[[int], int] = _nothing) -> int:
    """Return about how many characters a value has, or refuse it; `number` says what whole numbers add to that."""
    total, waiting = 0, [value]
    while waiting:
        item = waiting.pop()
        total += 4
        if isinstance(item, str | bytes):
            total += len(item)
        elif isinstance(item, int):
            total += number(item)
        elif isinstance(item, Mapping):
            waiting += chain.from_iterable(item.items())
        elif isinstance(item, SIZED):
            waiting += item
        if total > MAX_TEXT:
            raise _too_large()
    return total


@cache
def _sandbox() -> Callable[[_Limits], "Environment"]:
    """Import Jinja, and return the class of environments that run within limits."""
    from jinja2 import StrictUndefined, nodes
    from jinja2.runtime import Context, LoopContext
    from jinja2.sandbox import ImmutableSandboxedEnvironment
    from jinja2.utils import Namespace
    from jinja2.visitor import NodeTransformer

    class Counted(NodeTransformer):
        """Sends what a sandbox cannot intercept through filters: loops, the operator `~`, lists, tuples and dicts."""

        def visit_For(self, node: nodes.For) -> nodes.Node:
            self.generic_visit(node)
            node.iter = self._filter(node.iter, TURNS)
            return node

        def visit_Concat(self, node: nodes.Concat) -> nodes.Node:
            self.generic_visit(node)
            return self._filter(nodes.List(node.nodes, lineno=node.lineno), "join")

        def visit_List(self, node: nodes.List | nodes.Dict) -> nodes.Node:
            self.generic_visit(node)
            return self._filter(node, SMALL)

        visit_Dict = visit_List

        def visit_Tuple(self, node: nodes.Tuple) -> nodes.Node:
            self.generic_visit(node)
            return self._filter(node, SMALL) if node.ctx == "load" else node

        def _filter(self, node: nodes.Node, name: str) -> nodes.Filter:
            return nodes.Filter(node, name, [], [], None, None, lineno=node.lineno)

    class Quiet(Namespace):
        """A namespace that does not print what it holds: that may be itself, and it is not measured."""

        def __repr__(self) -> str:
            return "<namespace>"

    class Sandbox(ImmutableSandboxedEnvironment):
        intercepted_binops = frozenset(("+", "*", "**", "%"))

        def __init__(self, limits: _Limits) -> None:
            # Folding constants would only run the same operations twice: a template is used once.
            super().__init__(
                undefined=StrictUndefined, finalize=limits.small, keep_trailing_newline=True, optimized=False
            )
            self.limits = limits
            self.filters = {name: self._counted(name, function) for name, function in self.filters.items()}
            self.filters |= {TURNS: limits.turns, SMALL: limits.small}
            self.globals["namespace"] = Quiet
            del self.globals["lipsum"]  # it makes as much text as it is asked for

        def concat(self, parts: Iterable[str]) -> str:  # the output of a block, a macro or a set block
            return "".join(map(_Limits().emit, parts))

        def call_binop(self, context: Context, operator: str, left: Any, right: Any) -> Any:
            run = partial(super().call_binop, context, operator, left, right)
            if isinstance(left, int) and operator == "*":
                left, right = right, left
            return self.limits.run(operator, left, [right], run)

        def call(__self, __context: Context, __obj: Any, *args: Any, **kwargs: Any) -> Any:
            if isinstance(__obj, LoopContext):  # the next level of a recursive loop
                args = tuple(map(__self.limits.turns, args))
            method = getattr(__obj, "__wrapped__", __obj)
            given = [*args, *(value for name, value in kwargs.items() if not name.startswith("_"))]
            run = partial(super().call, __context, __obj, *args, **kwargs)
            name, owner = getattr(method, "__name__", ""), getattr(method, "__self__", None)
            return __self.limits.run(name, owner, given, run)

        def _generate(self, source: nodes.Template, *args: Any, **kwargs: Any) -> str:
            return super()._generate(Counted().visit(source), *args, **kwargs)

        def _counted(self, name: str, function: Callable[..., Any]) -> Callable[..., Any]:
            first = int(hasattr(function, "jinja_pass_arg"))

            @wraps(function)
            def counted(*args: Any, **kwargs: Any) -> Any:
                passed, value, rest = args[:first], args[first], args[first + 1 :]
                if isinstance(value, Iterator):
                    value = list(self.limits.turns(value))
                run = partial(function, *passed, value, *rest, **kwargs)
                return self.limits.run(name, value, [*rest, *kwargs.values()], run)

            return counted

    return Sandbox
