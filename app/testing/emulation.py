"""`emulate`: a new emulator that answers requests to the real API, for a block or a function."""

import inspect
from collections.abc import Callable
from contextlib import ExitStack
from functools import wraps
from typing import Any, TypeVar

from .handle import Handle
from .interception import intercept

Function = TypeVar("Function", bound=Callable[..., Any])


class emulate:
    """A context manager that yields a Handle, or a decorator of functions and coroutine functions.

    Each use starts with a new emulator. It answers requests to the real API and to the `base_urls`; all others are
    left alone. The settings are those of `Settings`: `emulate(strict=True, seed="fixtures/demo")`.
    """

    def __init__(self, *base_urls: str, **settings: Any) -> None:
        self._base_urls = base_urls
        self._settings = settings
        self._stack = ExitStack()

    def __enter__(self) -> Handle:
        with ExitStack() as stack:
            handle = stack.enter_context(Handle(**self._settings))
            stack.enter_context(intercept(handle, self._base_urls))
            self._stack = stack.pop_all()
        return handle

    def __exit__(self, *error: Any) -> None:
        self._stack.__exit__(*error)

    def __call__(self, function: Function) -> Function:
        if inspect.isclass(function) or inspect.isgeneratorfunction(function) or inspect.isasyncgenfunction(function):
            raise TypeError(
                f"emulate() decorates functions and coroutine functions, not classes and generators like {function!r}: "
                "use `with emulate()` inside."
            )
        if inspect.iscoroutinefunction(function):

            @wraps(function)
            async def emulated(*arguments: Any, **options: Any) -> Any:
                with emulate(*self._base_urls, **self._settings):
                    return await function(*arguments, **options)
        else:

            @wraps(function)
            def emulated(*arguments: Any, **options: Any) -> Any:
                with emulate(*self._base_urls, **self._settings):
                    return function(*arguments, **options)

        return emulated  # type: ignore[return-value]
