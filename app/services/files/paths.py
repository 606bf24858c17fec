"""Paths of Files and directories: names joined by `/`, with no empty one among them [A].

Names hold no NUL character: to the database a text ends there, so paths that differ behind it would be one.
"""

from ...errors import Invalid, Location


def check_path(path: str, *, loc: Location = ("body", "path")) -> str:
    """Return the path, or refuse one that starts or ends with `/`, has an empty segment, or holds a NUL."""
    if "\0" in path or not all(segment.strip() for segment in path.split("/")):
        raise Invalid(
            "Invalid path.",
            f"Path `{path}` must be names separated by single slashes, with none at its start or end and no NUL.",
            loc=loc,
        )
    return path


def check_name(name: str, *, loc: Location = ("body", "name")) -> str:
    """Return the name, or refuse an empty one and one that holds a `/` or a NUL."""
    if not name.strip() or "/" in name or "\0" in name:
        raise Invalid("Invalid name.", f"Name `{name}` must not be empty or hold a slash or a NUL.", loc=loc)
    return name


def split_path(path: str) -> tuple[str, str]:
    """Return the directory part and the name of a path."""
    directory, _, name = path.rpartition("/")
    return directory, name


def join_path(directory: str, name: str) -> str:
    """Return the path of a name in a directory; the root's path is empty."""
    return f"{directory}/{name}" if directory else name
