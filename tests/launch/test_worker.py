"""Which network a worker runs, and when it refuses to start."""

from pathlib import Path
from types import SimpleNamespace

import pytest

from contracts.errors import BundleError
from launch.worker import serve_worker


@pytest.fixture
def loaded(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The sources of the engines that were loaded; nothing is served."""
    sources: list[str] = []

    def load_engine(source: str, **_: object) -> SimpleNamespace:
        sources.append(source)
        return SimpleNamespace(identity=SimpleNamespace(version="any"))

    monkeypatch.setenv("REDIS_URL", "redis://nowhere")
    monkeypatch.setattr("launch.worker.load_engine", load_engine)
    monkeypatch.setattr("launch.worker.run_worker", lambda settings, engine, detector: 0)
    return sources


def test_with_a_checkpoint_it_starts_before_the_first_bundle(tmp_path: Path, loaded: list[str]) -> None:
    assert serve_worker(tmp_path, version=None, checkpoint="shipped", device="cpu", engine=None) == 0
    assert loaded == ["shipped"]


def test_without_one_it_needs_a_bundle(tmp_path: Path, loaded: list[str]) -> None:
    with pytest.raises(BundleError, match="has no index"):
        serve_worker(tmp_path, version=None, checkpoint=None, device="cpu", engine=None)
    assert loaded == []


def test_a_folder_that_is_not_there_is_refused_with_a_checkpoint_too(tmp_path: Path, loaded: list[str]) -> None:
    with pytest.raises(BundleError, match="has no index"):
        serve_worker(tmp_path / "bundels", version=None, checkpoint="shipped", device="cpu", engine=None)
    assert loaded == []
