"""Where the server listens: a port held before it is served, the URL that leads there, and whether it answers."""

import errno
import http.client
import ipaddress
import socket
from contextlib import closing

from .checks import StartError

ADVICE = {
    errno.EADDRINUSE: " Stop the server that runs there, or take another port: --port 0 finds a free one.",
    errno.EADDRNOTAVAIL: " This machine has no such address: take --host 127.0.0.1, or 0.0.0.0 for all it has.",
    errno.EACCES: " Ports below 1024 need more privileges: choose a higher one with --port.",
}


def reserve(host: str, port: int) -> socket.socket:
    """Return a socket that is bound to the address but does not listen; port 0 picks a free one."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        bound = socket.socket(family, kind, protocol)
        try:
            bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            bound.bind(address)
        except OSError:
            bound.close()
            raise
    except OSError as error:
        advice = ADVICE.get(error.errno or 0, "")
        raise StartError(f"Cannot listen on {host} port {port}: {error.strerror}.{advice}") from None
    return bound


def base_url(address: str, port: int) -> str:
    """Return the URL that reaches this address from the same machine."""
    ip = ipaddress.ip_address(address)
    if ip.is_unspecified:
        ip = ipaddress.ip_address("127.0.0.1" if ip.version == 4 else "::1")
    return f"http://[{ip}]:{port}" if ip.version == 6 else f"http://{ip}:{port}"


def is_loopback(address: str) -> bool:
    """Tell whether only this machine can reach the address."""
    return ipaddress.ip_address(address).is_loopback


def answers(base: str) -> bool:
    """Tell whether the server at this URL is ready."""
    connection = http.client.HTTPConnection(base.removeprefix("http://"), timeout=1)
    with closing(connection):
        try:
            connection.request("GET", "/_emulator/health")
            return connection.getresponse().status == 200
        except (OSError, http.client.HTTPException):
            return False
