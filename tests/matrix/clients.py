"""The clients of the matrix, with the pins that each needs, and environments that hold one client each."""

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

PROGRAMS = Path(__file__).parent
SECONDS = 600  # after which an installation or a program that hangs has failed
REFUSED = (
    *("ENOTFOUND", "EAI_AGAIN", "ECONNREFUSED", "ECONNRESET", "ETIMEDOUT", "ENETUNREACH", "ENOTCACHED"),
    *("NewConnectionError", "ConnectTimeoutError", "NameResolutionError", "ReadTimeoutError", "ProxyError"),
    "(from versions: none)",
)
"""What npm and pip say when they do not reach a registry."""


class Unreachable(Exception):
    """Node, npm or the registry is missing: nothing is known about the client."""


@dataclass(frozen=True)
class PythonClient:
    """A release of the Python SDK, or another package from PyPI."""

    version: str
    pins: tuple[str, ...] = ()
    package: str = "humanloop"

    @property
    def name(self) -> str:
        """What it is called in the table, and on the command line."""
        return self.version if self.package == "humanloop" else f"{self.package}-{self.version}"

    @property
    def requirements(self) -> tuple[str, ...]:
        """What is installed; several versions of the SDK import `requests` without declaring it."""
        return f"{self.package}=={self.version}", "requests", *self.pins

    def install(self, folder: Path) -> None:
        """Make a virtual environment in an empty folder. Raises Unreachable."""
        run([sys.executable, "-m", "venv", "--without-pip", str(folder)])
        pip = [sys.executable, "-m", "pip", "--python", str(folder / "bin" / "python"), "--disable-pip-version-check"]
        run([*pip, "install", "--quiet", *self.requirements])

    def command(self, folder: Path) -> list[str]:
        """Return what runs the twenty steps."""
        return [str(folder / "bin" / "python"), str(PROGRAMS / "python")]


@dataclass(frozen=True)
class NpmClient:
    """A release of the npm SDK."""

    version: str

    @property
    def name(self) -> str:
        """What it is called in the table, and on the command line."""
        return f"npm-{self.version}"

    @property
    def requirements(self) -> tuple[str, ...]:
        """What is installed."""
        return (f"humanloop@{self.version}",)

    def install(self, folder: Path) -> None:
        """Install the package in an empty folder. Raises Unreachable."""
        npm = shutil.which("npm")
        if npm is None or shutil.which("node") is None:
            raise Unreachable("Node and npm are not installed.")
        (folder / "package.json").write_text('{"private": true}', encoding="utf-8")
        run([npm, "install", "--no-audit", "--no-fund", *self.requirements], folder)

    def command(self, folder: Path) -> list[str]:
        """Return what runs the twenty steps; Node looks for packages beside the script."""
        script = folder / "program.mjs"
        shutil.copy(PROGRAMS / "npm" / script.name, script)
        return ["node", str(script)]


Client = PythonClient | NpmClient


def instrumentations(version: str) -> tuple[str, ...]:
    """Return pins of the packages that instrument the clients of model providers, which the SDK depends on."""
    providers = ("anthropic", "bedrock", "cohere", "groq", "openai", "replicate")
    return tuple(f"opentelemetry-instrumentation-{provider}=={version}" for provider in providers)


# Left alone, pip tries releases of these one by one for minutes: the SDK caps the core but not what instruments it.
# That needs `pkg_resources`, which new releases of setuptools lack.
TELEMETRY_2024 = ("setuptools==75.8.0", "opentelemetry-sdk==1.27.0", *instrumentations("0.33.9"))
# Later the SDK caps nothing, but cannot write into spans that have ended: from 1.42 on `evaluations.run` never ends.
TELEMETRY_2025 = ("opentelemetry-sdk==1.34.1", "opentelemetry-proto==1.34.1", *instrumentations("0.40.14"))

CLIENTS: dict[str, Client] = {
    client.name: client
    for client in (
        PythonClient("0.8.0"),
        PythonClient("0.8.8"),
        PythonClient("0.8.13"),
        PythonClient("0.8.17", TELEMETRY_2024),
        PythonClient("0.8.20", TELEMETRY_2024),
        PythonClient("0.8.24", TELEMETRY_2024),
        PythonClient("0.8.26", TELEMETRY_2024),
        PythonClient("0.8.29", TELEMETRY_2025),
        PythonClient("0.8.38", TELEMETRY_2025),
        PythonClient("0.8.40b6", TELEMETRY_2025),
        NpmClient("0.8.20"),
    )
}


def default_cache() -> Path:
    """Return the folder where environments are kept from one time to the next."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "humanloop-emulator" / "clients"


def environment(client: Client, cache: Path) -> Path:
    """Return the folder of an environment that holds the client, installed if it is not there. Raises Unreachable.

    It is made anew when the pins or the interpreter change. Whoever wants the same one at that time waits.
    """
    wanted = "\n".join((sys.version, *client.requirements))
    folder = cache / f"{client.name}-{hashlib.sha256(wanted.encode()).hexdigest()[:12]}"
    ready = folder / "ready"
    cache.mkdir(parents=True, exist_ok=True)
    with _alone(cache / f"{folder.name}.lock"):
        if not ready.exists():
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir()
            client.install(folder)
            ready.write_text(wanted, encoding="utf-8")
    return folder


@contextmanager
def _alone(path: Path) -> Iterator[None]:
    with path.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def run(command: list[str], folder: Path | None = None) -> str:
    """Run a command that installs something, and return what it printed. Raises Unreachable."""
    try:
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=SECONDS)
    except subprocess.TimeoutExpired:
        raise Unreachable("The registry does not answer.") from None
    if done.returncode and any(reason in done.stdout + done.stderr for reason in REFUSED):
        raise Unreachable("The registry cannot be reached.")
    if done.returncode:
        raise RuntimeError(f"{' '.join(command)}:\n{done.stdout}{done.stderr}")
    return done.stdout
