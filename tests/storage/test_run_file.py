import json
import socket
from pathlib import Path

import pytest

from storage.run_file import RUN_FILE, announced, embedded_redis_url


def test_it_is_there_while_the_server_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)  # the path of a socket must be short
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as server:
        server.bind("s")
        server.listen()
        with announced(tmp_path, "unix://s"):
            assert embedded_redis_url(tmp_path) == "unix://s"
    assert not (tmp_path / RUN_FILE).exists()


def test_one_that_a_killed_process_left_is_none(tmp_path: Path) -> None:
    (tmp_path / RUN_FILE).write_text(json.dumps({"url": f"unix://{tmp_path}/gone"}))
    assert embedded_redis_url(tmp_path) is None


def test_that_of_another_process_is_left_alone(tmp_path: Path) -> None:
    with announced(tmp_path, "unix:///a"), announced(tmp_path, "unix:///b"):
        pass
    with announced(tmp_path, "unix:///a"):
        (tmp_path / RUN_FILE).write_text("another")
    assert (tmp_path / RUN_FILE).read_text() == "another"


@pytest.mark.parametrize(
    "content",
    [b"", b"[]", b"{}", b'{"url": 1}', b'{"url": "redis://elsewhere"}', b"\xff", b'{"url": "unix://a\\u0000b"}'],
)
def test_a_damaged_one_is_none(tmp_path: Path, content: bytes) -> None:
    (tmp_path / RUN_FILE).write_bytes(content)
    assert embedded_redis_url(tmp_path) is None


def test_a_folder_that_cannot_be_written_does_not_stop_serve(tmp_path: Path) -> None:
    with announced(tmp_path / "missing", "unix:///a"):
        assert embedded_redis_url(tmp_path / "missing") is None
