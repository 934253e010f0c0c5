"""Machine code is kept only where nobody else can put any."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from index.exact.trusted_folder import is_trusted

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize(
    ("parent", "folder", "trusted"),
    [(0o755, 0o700, True), (0o1777, 0o755, True), (0o777, 0o755, False), (0o755, 0o777, False), (0o755, 0o1777, False)],
)
def test_others_must_not_be_able_to_write(tmp_path: Path, parent: int, folder: int, trusted: bool) -> None:
    place = tmp_path / "parent" / "folder"
    place.mkdir(parents=True)
    place.chmod(folder)
    place.parent.chmod(parent)
    assert is_trusted(place) is trusted
    assert is_trusted(place / "missing") is trusted or folder & 0o1000


def test_a_folder_of_somebody_else_is_not_ours(tmp_path: Path) -> None:
    if os.geteuid():
        pytest.skip("only root may give a folder away")
    os.chown(tmp_path, 12345, 12345)
    assert not is_trusted(tmp_path)


def test_code_in_a_folder_of_all_is_not_run(tmp_path: Path) -> None:
    shared = tmp_path / "shared"
    shared.mkdir()
    shared.chmod(0o777)
    script = "from index.exact.thinning import kth_largest; print(kth_largest._cache.cache_path)"
    environment = {**os.environ, "NUMBA_CACHE_DIR": str(shared), "PYTHONPATH": str(ROOT)}
    ended = subprocess.run([sys.executable, "-c", script], env=environment, capture_output=True, text=True, check=False)
    assert f"others can write to {shared}" in ended.stderr, ended.stdout
