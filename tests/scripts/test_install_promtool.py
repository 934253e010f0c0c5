"""The script that takes promtool out of Debian's package: stand-ins take the place of apt and dpkg."""

import subprocess
from pathlib import Path

import pytest

SCRIPT = Path(__file__).resolve().parents[2] / "scripts" / "install_promtool.sh"


@pytest.fixture
def programs(tmp_path: Path) -> Path:
    """A folder for stand-ins, which come before the system's programs."""
    folder = tmp_path / "bin"
    folder.mkdir()
    write(folder, "id", "echo 1000")
    return folder


@pytest.fixture
def wanted_in(tmp_path: Path) -> Path:
    folder = tmp_path / "wanted in"
    folder.mkdir()
    return folder


def write(folder: Path, name: str, script: str) -> None:
    program = folder / name
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)


def run(programs: Path, folder: Path) -> "subprocess.CompletedProcess[str]":
    environment = {"PATH": f"{programs}:/usr/bin:/bin"}
    return subprocess.run(
        ["/bin/sh", str(SCRIPT), str(folder)], env=environment, capture_output=True, text=True, check=False
    )


def test_the_program_is_taken_out_of_the_package(programs: Path, wanted_in: Path) -> None:
    write(programs, "apt-get", 'for name; do :; done; touch "${name}_1_amd64.deb"')
    write(programs, "dpkg-deb", 'mkdir -p usr/bin && cp "$2" usr/bin/promtool && echo "of $2" >usr/bin/promtool')
    result = run(programs, wanted_in)
    assert (result.returncode, result.stdout, result.stderr) == (0, "", "")
    assert (wanted_in / "promtool").read_text() == "of prometheus_1_amd64.deb\n"


@pytest.mark.parametrize("apt", ["exit 100", "exit 0"])
def test_where_there_is_no_package_the_tests_are_skipped(programs: Path, wanted_in: Path, apt: str) -> None:
    write(programs, "apt-get", apt)
    result = run(programs, wanted_in)
    assert (result.returncode, result.stdout) == (0, "")
    assert result.stderr == "lookalike: promtool cannot be installed; its tests are skipped\n"
    assert not list(wanted_in.iterdir())


def test_nothing_is_fetched_where_it_is_there(programs: Path, wanted_in: Path) -> None:
    write(programs, "apt-get", "echo fetched >&2")
    write(wanted_in, "promtool", "")
    result = run(programs, wanted_in)
    assert (result.returncode, result.stderr) == (0, "")
    (wanted_in / "promtool").unlink()
    write(programs, "promtool", "")
    assert run(programs, wanted_in).stderr == ""
    assert not list(wanted_in.iterdir())
