"""The emulator inside a test process: no socket, no other process, nothing that leaves the machine.

    with humanloop_emulator.testing.emulate() as humanloop:
        ...  # code that makes its own Humanloop(api_key=...) runs against the emulator

`Handle` is the emulator alone, without the interception. With pytest, use the fixture `humanloop` instead.
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
