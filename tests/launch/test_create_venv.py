"""The script that `make` creates its environment with, on machines that lack something."""

import os
import subprocess
from pathlib import Path

import pytest

SCRIPT = Path(__file__).resolve().parents[2] / "scripts" / "create_venv.sh"


def run(python: str, folder: Path, path: Path | None = None) -> subprocess.CompletedProcess[str]:
    environment = dict(os.environ)
    if path is not None:
        environment["PATH"] = f"{path}:{environment['PATH']}"
    return subprocess.run(
        [str(SCRIPT), python, str(folder)], capture_output=True, text=True, check=False, env=environment
    )


@pytest.fixture
def bin_folder(tmp_path: Path) -> Path:
    folder = tmp_path / "bin"
    folder.mkdir()
    return folder


def write_python(folder: Path, script: str) -> str:
    python = folder / "a-python"
    python.write_text(f"#!/bin/sh\n{script}\n")
    python.chmod(0o755)
    return python.name


def test_no_python_at_all(tmp_path: Path) -> None:
    ended = run("python-that-is-not-there", tmp_path / "venv")
    assert ended.returncode == 1
    assert "apt install python3 python3-venv" in ended.stderr


def test_an_old_python(tmp_path: Path, bin_folder: Path) -> None:
    python = write_python(bin_folder, 'case "$*" in *version_info*) exit 1;; *) echo "Python 3.9.2";; esac')
    ended = run(python, tmp_path / "venv", bin_folder)
    assert ended.returncode == 1
    assert "is Python 3.9.2; Python 3.11 or later is needed" in ended.stderr


def test_a_python_without_venv(tmp_path: Path, bin_folder: Path) -> None:
    python = write_python(bin_folder, 'case "$*" in *ensurepip*) exit 1;; *) exit 0;; esac')
    ended = run(python, tmp_path / "venv", bin_folder)
    assert ended.returncode == 1
    assert "apt install python3-venv" in ended.stderr
    assert not (tmp_path / "venv").exists()


def test_a_broken_environment_is_made_anew(tmp_path: Path, bin_folder: Path) -> None:
    log = tmp_path / "log"
    python = write_python(bin_folder, f'echo "$*" >> {log}')
    (tmp_path / "venv" / "bin").mkdir(parents=True)
    (tmp_path / "venv" / "bin" / "python").symlink_to("/nowhere/python3")
    assert run(python, tmp_path / "venv", bin_folder).returncode == 0
    assert f"-m venv {tmp_path / 'venv'}" in log.read_text()
    assert not (tmp_path / "venv").exists()  # the stand-in creates nothing, and the broken one is gone
