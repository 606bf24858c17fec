"""The emulator inside a test's process: no socket, no other process, and nothing leaves the machine.

    with humanloop_emulator.testing.emulate() as humanloop:
        ...  # code that makes its own Humanloop(api_key=...) runs against the emulator

`Handle` is only the emulator, without the interception. With pytest, use the fixture `humanloop` instead.
"""

try:
    from .compatibility import UnusableOpenTelemetry
    from .emulation import emulate
    from .handle import Handle
    from .interception import intercept
except ModuleNotFoundError as missing:
    if missing.name not in ("httpx", "humanloop"):
        raise
    raise ImportError(
        f"humanloop_emulator.testing needs the package {missing.name}, which is not installed: pip install humanloop"
    ) from missing

__all__ = ["Handle", "UnusableOpenTelemetry", "emulate", "intercept"]
