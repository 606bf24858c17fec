"""Which URLs belong to the emulated API."""

from collections.abc import Iterable
from urllib.parse import urlsplit

import httpx

from .handle import BASE_URL

REAL_URL = "https://api.humanloop.com/v5"
VERSION = "/v5"


class Addresses:
    """The base URLs at which clients expect the API: the real one, the handle's own, and any others."""

    def __init__(self, base_urls: Iterable[str]) -> None:
        """Take base URLs as clients do: `https://proxy.example/humanloop/v5`. What comes before `/v5` is a prefix."""
        urls = [httpx.URL(text) for text in (REAL_URL, BASE_URL, *base_urls)]
        for url in urls:
            if not url.host:
                raise ValueError(f"A base URL starts with http:// or https://, unlike {str(url)!r}.")
        self._bases = [(_origin(url), url.path.rstrip("/").removesuffix(VERSION)) for url in urls]

    def has_host(self, url: str) -> bool:
        """Tell whether a URL names one of our hosts; it accepts URLs that httpx does not, as most go elsewhere."""
        return urlsplit(url).hostname in {host for (_, host, _), _ in self._bases}

    def inner(self, url: httpx.URL) -> httpx.URL | None:
        """Return the URL as the application knows it, or None for one that is not ours."""
        origin = _origin(url)
        for base, prefix in self._bases:
            if origin == base and url.path.startswith(f"{prefix}/"):
                return url.copy_with(raw_path=url.raw_path[len(httpx.URL(path=prefix).raw_path) if prefix else 0 :])
        return None


def _origin(url: httpx.URL) -> tuple[str, str, int | None]:
    return url.scheme, url.host, url.port
