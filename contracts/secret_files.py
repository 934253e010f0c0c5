"""Secrets that are read from files, as Docker and Kubernetes mount them, instead of from the environment."""

from collections.abc import Iterable, Mapping
from pathlib import Path

from contracts.errors import LaunchError
from contracts.settings_names import FILE_SUFFIX

_MAX_FILE_BYTES = 64 * 1024


def read_secret_files(environment: Mapping[str, str], names: Iterable[str]) -> dict[str, str]:
    """The content of the file that `<NAME>_FILE` points to, without space at its edges, for each name that has one.

    Raises:
        LaunchError: a file cannot be used, or a secret is also set by itself; the message never says a secret.
    """
    return {
        name: _read(f"{name}{FILE_SUFFIX}", environment[f"{name}{FILE_SUFFIX}"], also=environment.get(name))
        for name in names
        if f"{name}{FILE_SUFFIX}" in environment
    }


def _read(variable: str, location: str, *, also: str | None) -> str:
    # Empty is what compose passes for a variable that an override file takes back.
    if also:
        raise LaunchError(f"both {variable} and {variable.removesuffix(FILE_SUFFIX)} are set; remove one of them")
    if not location:
        raise LaunchError(f"{variable} is set, but names no file; give the file's path, or remove the variable")
    path = Path(location)
    try:
        # A pipe could be read only once, and two processes may have to.
        if path.exists() and not path.is_file():
            raise LaunchError(f"{variable} names {location}, which is not a file; give the path of a regular file")
        with path.open("rb") as stream:
            content = stream.read(_MAX_FILE_BYTES + 1)
        text = content.decode().strip()
    except (OSError, ValueError) as error:
        why = "it is not UTF-8 text" if isinstance(error, UnicodeDecodeError) else getattr(error, "strerror", error)
        raise LaunchError(
            f"the file {location} that {variable} names cannot be read ({why}); "
            "correct the path, or let this user read it"
        ) from None
    if len(content) > _MAX_FILE_BYTES:
        raise LaunchError(f"the file {location} that {variable} names is over 64 KiB; it should hold only the secret")
    if not text:
        raise LaunchError(f"the file {location} that {variable} names is empty; write the secret into it")
    return text
