"""The script that brings the tests' programs, on machines that lack some: stand-ins take the place of apt and id."""

import subprocess
from pathlib import Path

import pytest

SCRIPT = Path(__file__).resolve().parents[2] / "scripts" / "system_packages.sh"


@pytest.fixture
def programs(tmp_path: Path) -> Path:
    """A folder that is all of PATH; `apt-get` notes what it is asked, `id` says root."""
    folder = tmp_path / "bin"
    folder.mkdir()
    write(folder, "id", "echo 0")
    write(folder, "apt-get", 'echo "apt-get $*" >&2')
    return folder


def write(folder: Path, name: str, script: str) -> None:
    program = folder / name
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)


def run(programs: Path) -> "subprocess.CompletedProcess[str]":
    # With both streams in one, the order in which things are said can be seen.
    return subprocess.run(
        ["/bin/sh", str(SCRIPT)],
        env={"PATH": str(programs)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )


INSTALLING = "apt-get install -y -qq --no-install-recommends"
SAID = "The tests need system packages that are missing here; installing with apt-get:"


def test_one_line_says_what_is_about_to_be_installed(programs: Path) -> None:
    write(programs, "curl", "")
    result = run(programs)
    assert result.returncode == 0
    said, *asked = result.stdout.splitlines()
    assert said == f"{SAID} chromium wrk chromium-headless-shell firefox-esr pgbouncer iproute2"
    assert asked == [
        "apt-get update -qq",
        f"{INSTALLING} chromium-headless-shell",
        f"{INSTALLING} firefox-esr",
        f"{INSTALLING} pgbouncer",
        f"{INSTALLING} iproute2",
        f"{INSTALLING} chromium wrk",
    ]


def test_chromium_without_windows_is_enough(programs: Path) -> None:
    for name in ("chromium-headless-shell", "curl", "firefox", "pgbouncer", "ip"):
        write(programs, name, "")
    said, *asked = run(programs).stdout.splitlines()
    assert said == f"{SAID} wrk"
    assert asked == ["apt-get update -qq", f"{INSTALLING} wrk"]


def test_where_there_is_no_package_of_it_the_others_do(programs: Path) -> None:
    for name in ("chromium", "wrk", "curl", "ip"):
        write(programs, name, "")
    write(programs, "apt-get", '[ "$1" = update ]')
    result = run(programs)
    assert result.returncode == 0
    assert result.stdout.splitlines() == [
        f"{SAID} chromium-headless-shell firefox-esr pgbouncer",
        "lookalike: chromium-headless-shell cannot be installed; the tests do without it",
        "lookalike: firefox-esr cannot be installed; the tests do without it",
        "lookalike: pgbouncer cannot be installed; the tests do without it",
    ]
    write(programs, "apt-get", '[ "$1" = update ] || [ "$5" = firefox-esr ]')
    (programs / "wrk").unlink()
    assert run(programs).returncode != 0


@pytest.mark.parametrize("firefox", ["firefox-esr", "firefox"])
def test_nothing_is_said_or_done_where_nothing_is_missing(programs: Path, firefox: str) -> None:
    for name in ("chromium-headless-shell", "wrk", "curl", firefox, "pgbouncer", "ip"):
        write(programs, name, "")
    result = run(programs)
    assert (result.returncode, result.stdout) == (0, "")


def test_without_the_right_to_install_it_says_what_to_do(programs: Path) -> None:
    write(programs, "id", "echo 1000")
    result = run(programs)
    assert result.returncode == 1
    assert result.stdout == (
        "lookalike: the tests need chromium wrk curl; install them first "
        "(Debian, Ubuntu: apt install chromium wrk curl).\n"
    )
