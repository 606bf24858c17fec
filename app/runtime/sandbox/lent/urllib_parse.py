"""`urllib.parse` for Monty: quoting, queries, and the parts of a URL."""

from collections import namedtuple

SAFE = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.-~"
HEX = "0123456789abcdefABCDEF"
STARTS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
WITH_HOST = ("http", "https", "ws", "wss", "ftp", "sftp", "file", "git", "ssh", "svn", "imap", "nfs", "rsync", "rtsp")
Parts = namedtuple("Parts", "scheme netloc path query fragment")


class ParseResult:
    """What urlparse and urlsplit return: parts by name, by place, and those of the host."""

    def __init__(self, parts, params):
        self.scheme, self.netloc, self.path, self.query, self.fragment = parts
        self.params = params or ""
        self._all = tuple(parts) if params is None else (parts[0], parts[1], parts[2], params, parts[3], parts[4])
        user, at, host = self.netloc.rpartition("@")
        name, colon, secret = user.partition(":")
        self.username = name if at else None
        self.password = secret if at and colon else None
        if host.startswith("["):
            host, _, port = host[1:].partition("]")
            port = port.removeprefix(":")
        else:
            host, _, port = host.partition(":")
        self.hostname = host.lower() or None
        if not port:
            self.port = None
        elif port.isascii() and port.isdigit() and int(port) <= 65535:
            self.port = int(port)  # else it is not there: to ask for it is an error, as it is for CPython's

    def __getitem__(self, place):
        return self._all[place]

    def __iter__(self):
        return iter(self._all)

    def geturl(self):
        path = f"{self.path};{self.params}" if self.params else self.path
        return urlunsplit((self.scheme, self.netloc, path, self.query, self.fragment))


def urlsplit(url, scheme="", allow_fragments=True):
    return ParseResult(_split(url, scheme, allow_fragments), None)


def urlparse(url, scheme="", allow_fragments=True):
    scheme, netloc, path, query, fragment = _split(url, scheme, allow_fragments)
    head, slash, last = path.rpartition("/")
    last, _, params = last.partition(";")
    return ParseResult((scheme, netloc, head + slash + last, query, fragment), params)


def urlunsplit(parts):
    scheme, netloc, path, query, fragment = parts
    if netloc or scheme in WITH_HOST and not path.startswith("//"):
        path = f"//{netloc}{'' if path.startswith('/') or not path else '/'}{path}"
    url = f"{scheme}:{path}" if scheme else path
    url = f"{url}?{query}" if query else url
    return f"{url}#{fragment}" if fragment else url


def quote(string, safe="/", encoding="utf-8", errors="strict"):
    data = string.encode(encoding, errors) if isinstance(string, str) else string
    kept = SAFE + safe
    return "".join([chr(byte) if byte < 128 and chr(byte) in kept else f"%{byte:02X}" for byte in data])


def quote_plus(string, safe="", encoding="utf-8", errors="strict"):
    return quote(string, safe + " ", encoding, errors).replace(" ", "+")


def unquote(string, encoding="utf-8", errors="replace"):
    pieces = string.split("%")
    text, digits = pieces[0], ""
    for piece in pieces[1:]:
        if len(piece) < 2 or [digit for digit in piece[:2] if digit not in HEX]:
            text, digits = text + bytes.fromhex(digits).decode(encoding, errors) + "%" + piece, ""
            continue
        digits += piece[:2]
        if len(piece) > 2:
            text, digits = text + bytes.fromhex(digits).decode(encoding, errors) + piece[2:], ""
    return text + bytes.fromhex(digits).decode(encoding, errors)


def unquote_plus(string, encoding="utf-8", errors="replace"):
    return unquote(string.replace("+", " "), encoding, errors)


def urlencode(query, doseq=False, safe="", encoding="utf-8", errors="strict", quote_via=quote_plus):
    pairs = []
    for key, value in query.items() if isinstance(query, dict) else query:
        several = doseq and isinstance(value, (list, tuple))
        for each in value if several else [value]:
            pairs.append(f"{quote_via(str(key), safe)}={quote_via(str(each), safe)}")
    return "&".join(pairs)


def parse_qsl(qs, keep_blank_values=False, strict_parsing=False, encoding="utf-8", errors="replace"):
    pairs = []
    for piece in qs.split("&"):
        name, equals, value = piece.partition("=")
        if strict_parsing and not equals:
            raise ValueError(f"bad query field: {piece!r}")
        if piece and (value or keep_blank_values):
            pairs.append((unquote_plus(name, encoding, errors), unquote_plus(value, encoding, errors)))
    return pairs


def parse_qs(qs, keep_blank_values=False, strict_parsing=False, encoding="utf-8", errors="replace"):
    found = {}
    for name, value in parse_qsl(qs, keep_blank_values, strict_parsing, encoding, errors):
        found.setdefault(name, []).append(value)
    return found


def _split(url, scheme, allow_fragments):
    url = (
        url.lstrip("".join([chr(number) for number in range(33)])).replace("\n", "").replace("\r", "").replace("\t", "")
    )
    before, colon, rest = url.partition(":")
    if colon and before and before[0] in STARTS and not [c for c in before if c not in STARTS + "0123456789+-."]:
        scheme, url = before.lower(), rest
    netloc = query = fragment = ""
    if url.startswith("//"):
        end = min([place for place in [url.find(c, 2) for c in "/?#"] if place >= 0], default=len(url))
        netloc, url = url[2:end], url[end:]
        if ("[" in netloc) != ("]" in netloc):
            raise ValueError("Invalid IPv6 URL")
    if allow_fragments:
        url, _, fragment = url.partition("#")
    url, _, query = url.partition("?")
    return Parts(scheme, netloc, url, query, fragment)
