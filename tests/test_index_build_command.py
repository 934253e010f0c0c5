from pathlib import Path

import pytest

from lookalike import main
from storage.embeddings_folder import write_embeddings
from tests.index.version_folders import shop


def test_a_build_says_how_many_items_share_a_picture(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    digests = [bytes([1 + row // 3]) * 32 for row in range(60)]
    write_embeddings(tmp_path / "embeddings", shop(60), digests)
    assert main(["index", "build", str(tmp_path / "embeddings"), "--out", str(tmp_path / "bundles")]) == 0
    said = "20 groups of items share a picture byte by byte (60 items; 20 of the groups under different titles)\n"
    assert said in capsys.readouterr().out
