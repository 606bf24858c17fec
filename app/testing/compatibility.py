"""Which releases of OpenTelemetry the official SDK works with."""

import warnings
from functools import cache
from importlib.metadata import PackageNotFoundError, version

PACKAGE = "opentelemetry-sdk"
FIRST_UNUSABLE = (1, 42)


class UnusableOpenTelemetry(UserWarning):
    """The installed OpenTelemetry makes `evaluations.run` of a decorated flow wait forever."""


@cache
def warn_of_opentelemetry() -> None:
    """Warn once if the SDK would wait forever: it adds the Run to a flow's span after the span has ended [C].

    Releases from 1.42 on refuse this, and without the Run's id no server can complete the Run.
    """
    try:
        installed = version(PACKAGE)
    except PackageNotFoundError:
        return
    if tuple(map(int, installed.split(".")[:2])) >= FIRST_UNUSABLE:
        warnings.warn(
            f"With {PACKAGE} {installed}, `evaluations.run` of a function decorated with `@client.flow` never ends. "
            f"Install an older release: pip install '{PACKAGE}<{'.'.join(map(str, FIRST_UNUSABLE))}'",
            UnusableOpenTelemetry,
            stacklevel=2,
        )
