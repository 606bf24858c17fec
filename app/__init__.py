"""The Humanloop emulator: a self-hosted, offline stand-in for the Humanloop v5 API.

Importing the package loads next to nothing: `create_app` comes from `application` when it is first used.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .application import create_app

__all__ = ["create_app"]


def __getattr__(name: str) -> Any:
    """Load `create_app` on first use."""
    if name == "create_app":
        from .application import create_app  # 0.3 s, which nobody shall wait for who only looks at the package

        return create_app
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
