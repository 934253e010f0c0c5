"""Firefox, driven by Marionette: the protocol that Firefox itself speaks, and for which geckodriver stands in between.

Playwright's own Firefox is a build of its own, and geckodriver is neither in Debian nor among Python's packages.
"""

import json
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Self

FIREFOX = shutil.which("firefox-esr") or shutil.which("firefox")
_PREFERENCES = {
    # 0: a free one, which Firefox writes into its profile.
    "marionette.port": 0,
    "app.update.auto": False,
    "browser.aboutwelcome.enabled": False,
    "browser.shell.checkDefaultBrowser": False,
    "datareporting.policy.dataSubmissionEnabled": False,
    "network.captive-portal-service.enabled": False,
    "network.connectivity-service.enabled": False,
    "services.settings.server": "data:,",
}
_PATIENCE_S = 30.0
_ELEMENT = "element-6066-11e4-a52e-4f735466cecf"  # what WebDriver calls a reference to an element


class Firefox:
    """One window of a Firefox; each method is a WebDriver command."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        self._stream = connection.makefile("rb")
        self._commands = 0
        self._read()
        self._command("WebDriver:NewSession")
        self._command("WebDriver:SetTimeouts", script=10_000, pageLoad=10_000)

    @classmethod
    def at(cls, port: int) -> Self:
        """The Firefox that listens there."""
        return cls(socket.create_connection(("127.0.0.1", port), timeout=_PATIENCE_S))

    def go(self, address: str) -> None:
        """Load a page."""
        self._command("WebDriver:Navigate", url=address)

    def resize(self, width: int, height: int) -> None:
        """Set the window's size, pixels."""
        self._command("WebDriver:SetWindowRect", width=width, height=height)

    def run(self, script: str, *arguments: object) -> Any:
        """The result of a function's body."""
        return self._command("WebDriver:ExecuteScript", script=script, args=list(arguments))["value"]

    def wait_for(self, condition: str) -> None:
        """Wait until an expression is true."""
        script = (
            f"const done = arguments[0]; const look = () => ({condition}) ? done(true) : setTimeout(look, 20); look();"
        )
        self._command("WebDriver:ExecuteAsyncScript", script=script, args=[])

    def choose_file(self, selector: str, path: Path) -> None:
        """Choose a file in a file input."""
        found = self._command("WebDriver:FindElement", using="css selector", value=selector)["value"]
        self._command("WebDriver:ElementSendKeys", id=found[_ELEMENT], text=str(path))

    def close(self) -> None:
        """Close the connection."""
        self._stream.close()
        self._connection.close()

    def _command(self, name: str, **parameters: object) -> Any:
        self._commands += 1
        message = json.dumps([0, self._commands, name, parameters])
        self._connection.sendall(f"{len(message.encode())}:{message}".encode())
        _, number, error, result = self._read()
        assert number == self._commands
        assert error is None, f"{name}: {error}"
        return result

    def _read(self) -> Any:
        length = b""
        while (character := self._stream.read(1)) != b":":
            assert character, "Firefox has closed the connection"
            length += character
        return json.loads(self._stream.read(int(length)))


@contextmanager
def running(folder: Path) -> Iterator[Firefox]:
    """A Firefox with a new profile in a folder."""
    assert FIREFOX is not None
    profile = folder / "profile"
    profile.mkdir()
    lines = (f'user_pref("{name}", {json.dumps(value)});' for name, value in _PREFERENCES.items())
    (profile / "user.js").write_text("\n".join(lines))
    process = subprocess.Popen(
        [FIREFOX, "--headless", "--marionette", "--no-remote", "--profile", str(profile)],
        env={"HOME": str(folder), "PATH": "/usr/bin:/bin", "LANG": "C.UTF-8"},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        opened = Firefox.at(_port(profile / "MarionetteActivePort", process))
        yield opened
        opened.close()
    finally:
        process.terminate()
        process.wait(_PATIENCE_S)


def _port(file: Path, process: "subprocess.Popen[bytes]") -> int:
    until = time.monotonic() + _PATIENCE_S
    while time.monotonic() < until and process.poll() is None:
        if file.exists() and (text := file.read_text().strip()):
            return int(text)
        time.sleep(0.02)
    raise AssertionError(f"Firefox does not listen; its exit status is {process.poll()}")
