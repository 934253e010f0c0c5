"""Files from the hub, by its real client from a small server."""

import time
from pathlib import Path

import pytest

from contracts.errors import ModelError
from model.weights_hub import file_from_hub, safetensors_from_hub
from tests.model.fake_hub import fake_hub, hub_at

# Nothing listens there.
NOWHERE = "http://127.0.0.1:9"


def test_the_first_file_that_the_repository_has_is_downloaded_once(tmp_path: Path) -> None:
    with fake_hub({"shop/net/model.safetensors": b"weights"}, tmp_path) as downloaded:
        for _ in range(2):
            found = safetensors_from_hub("shop/net", ["other.safetensors", "model.safetensors"], "net")
            assert found.read_bytes() == b"weights"
        assert downloaded == ["/shop/net/resolve/main/model.safetensors"]


def test_a_repository_with_pickles_alone_is_refused_and_nothing_downloaded(tmp_path: Path) -> None:
    files = {"shop/net/pytorch_model.bin": b"a pickle", "shop/net/config.json": b"{}"}
    with (
        fake_hub(files, tmp_path) as downloaded,
        pytest.raises(ModelError, match=r"shop/net has no weights of net in safetensors.*\.bin and \.pt, are not read"),
    ):
        safetensors_from_hub("shop/net", ["model.safetensors"], "net")
    assert downloaded == []
    with pytest.raises(ModelError, match=r"no safetensors file \(model\.bin\)"):
        safetensors_from_hub("shop/net", ["model.bin"], "net")


def test_a_hub_that_cannot_be_reached_is_a_sentence_at_once(tmp_path: Path) -> None:
    started = time.monotonic()
    with (
        hub_at(NOWHERE, tmp_path),
        pytest.raises(
            ModelError, match=r"model\.safetensors of shop/net, which net needs, cannot be downloaded.*--weights FILE"
        ),
    ):
        safetensors_from_hub("shop/net", ["model.safetensors"], "net")
    # The client itself tries for 23 seconds.
    assert time.monotonic() - started < 10


def test_without_the_hub_its_cache_is_used(tmp_path: Path) -> None:
    with fake_hub({"shop/net/config.json": b"{}"}, tmp_path):
        kept = file_from_hub("shop/net", "config.json", "net")
    with hub_at(NOWHERE, tmp_path):
        assert file_from_hub("shop/net", "config.json", "net") == kept


@pytest.mark.parametrize("repository", ["shop/other", "../shop", "a/b/c"])
def test_a_repository_that_does_not_exist(repository: str, tmp_path: Path) -> None:
    with (
        fake_hub({"shop/net/config.json": b"{}"}, tmp_path),
        pytest.raises(ModelError, match=r"no repository shop/other|no name of a repository"),
    ):
        file_from_hub(repository, "config.json", "net")
