"""Jinja templates. Anybody who may write prompts may write them, so they run in Jinja's sandbox and within limits.

Jinja is imported on first use: most servers never need it.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cache, lru_cache, partial, wraps
from typing import TYPE_CHECKING, Any

from ..errors import Invalid
from ..json_types import Json
from .limits import Limits, MissingInput

if TYPE_CHECKING:
    from jinja2 import Environment, nodes

TURNS, SMALL = "(turns)", "(small)"
"""The filters around what loops go through and around lists, tuples and dicts; no template can name them."""

LONGEST_KEPT = 10_000
"""Characters of a template whose names are kept, for finding them takes milliseconds; many longer ones fill memory."""


class Jinja:
    """Jinja in its sandbox; made anew for each template, whose texts share the limits."""

    def __init__(self) -> None:
        self._limits = Limits()
        self._environment = _sandbox()(self._limits)

    def names(self, text: str) -> Iterable[str]:
        return _kept_names(text) if len(text) <= LONGEST_KEPT else _find_names(text)

    def missing(self, text: str, inputs: Mapping[str, Json]) -> Iterable[str]:
        return [name for name in self.names(text) if name not in inputs]

    def fill(self, text: str, inputs: Mapping[str, Json]) -> str:
        from jinja2 import UndefinedError

        try:
            chunks = self._environment.from_string(text).generate(dict(inputs))
            return "".join(map(self._limits.emit, chunks))
        except UndefinedError as error:
            if any(str(error) == f"{name!r} is undefined" for name in self.missing(text, inputs)):
                raise MissingInput(str(error)) from None
            raise _refusal(error) from None
        except Exception as error:
            raise _refusal(error) from None


def _find_names(text: str) -> tuple[str, ...]:
    """Return the variables that a template expects."""
    from jinja2.meta import find_undeclared_variables

    try:
        tree = _sandbox()(Limits()).parse(text)
        undeclared = find_undeclared_variables(tree)
        return tuple(name for name in _names(tree) if name in undeclared)
    except Exception as error:
        raise _refusal(error) from None


_kept_names = lru_cache(maxsize=256)(_find_names)


def _refusal(error: Exception) -> Invalid:
    """Say what is wrong with a template: whatever fails in one is the fault of the one who wrote it."""
    if isinstance(error, Invalid):
        return error
    line = getattr(error, "lineno", None)
    where = f"Line {line}: " if line else ""
    return Invalid("Invalid template.", f"{where}{str(error) or type(error).__name__}")


def _names(node: "nodes.Node") -> Iterator[str]:
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


@cache
def _sandbox() -> Callable[[Limits], "Environment"]:
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
        """A namespace whose text does not show its members: they may include itself, and are not measured."""

        def __repr__(self) -> str:
            return "<namespace>"

    class Sandbox(ImmutableSandboxedEnvironment):
        intercepted_binops = frozenset(("+", "*", "**", "%"))

        def __init__(self, limits: Limits) -> None:
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
            return "".join(map(Limits().emit, parts))

        def call_binop(self, context: Context, operator: str, left: object, right: object) -> object:
            run = partial(super().call_binop, context, operator, left, right)
            if isinstance(left, int) and operator == "*":
                left, right = right, left
            return self.limits.run(operator, left, [right], run)

        def call(__self, __context: Context, __obj: Any, *args: Any, **kwargs: object) -> object:
            if isinstance(__obj, LoopContext):  # the next level of a recursive loop
                args = tuple(map(__self.limits.turns, args))
            method = getattr(__obj, "__wrapped__", __obj)
            given = [*args, *(value for name, value in kwargs.items() if not name.startswith("_"))]
            run = partial(super().call, __context, __obj, *args, **kwargs)
            name, owner = getattr(method, "__name__", ""), getattr(method, "__self__", None)
            return __self.limits.run(name, owner, given, run)

        def _generate(self, source: nodes.Template, *args: Any, **kwargs: Any) -> str:
            return super()._generate(Counted().visit(source), *args, **kwargs)

        def _counted(self, name: str, function: Callable[..., object]) -> Callable[..., object]:
            first = int(hasattr(function, "jinja_pass_arg"))

            @wraps(function)
            def counted(*args: object, **kwargs: object) -> object:
                passed, value, rest = args[:first], args[first], args[first + 1 :]
                if isinstance(value, Iterator):
                    value = list(self.limits.turns(value))
                run = partial(function, *passed, value, *rest, **kwargs)
                return self.limits.run(name, value, [*rest, *kwargs.values()], run)

            return counted

    return Sandbox
