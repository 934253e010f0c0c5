import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import redis

from contracts.embedding_job import heartbeat_key
from contracts.errors import BundleError
from launch.embedded_redis import EmbeddedRedis
from launch.worker_health import main, worker_problem
from tests.api.fake_embedder import IDENTITY
from tests.api.small_catalogue import make_bundle
from tests.images.dockerfile import REPOSITORY

pytestmark = pytest.mark.services


@pytest.fixture(scope="module")
def bundles(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("health")
    bundle = make_bundle(folder / "catalogue", folder / "bundles")
    assert np.isfinite(bundle.gallery.reduced(0)).all()
    return folder / "bundles"


def test_it_is_the_heartbeat_of_the_bundles_model_that_counts(bundles: Path) -> None:
    with EmbeddedRedis() as server, redis.Redis.from_url(server.url) as connection:
        connection.set(heartbeat_key("another-0123456789ab"), "a", ex=60)
        assert f"no worker of the model {IDENTITY.version}" in str(worker_problem(bundles, server.url))
        connection.set(heartbeat_key(IDENTITY.version), "b", ex=60)
        assert worker_problem(bundles, server.url) is None
        connection.delete(heartbeat_key(IDENTITY.version))
        assert worker_problem(bundles, server.url) is not None


def test_an_absent_redis_is_told_without_its_password(bundles: Path) -> None:
    problem = str(worker_problem(bundles, "redis://lookalike:secret@127.0.0.1:1/0"))
    assert "127.0.0.1:1" in problem
    assert "secret" not in problem


def test_a_folder_without_an_index_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(BundleError):
        worker_problem(tmp_path, "redis://127.0.0.1:1/0")
    assert main([str(tmp_path)]) == 1
    assert "lookalike index build" in capsys.readouterr().out


def test_the_exit_status_is_what_docker_reads(bundles: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 2
    assert "usage" in capsys.readouterr().err
    command = [sys.executable, "-m", "launch.worker_health", str(bundles)]
    with EmbeddedRedis() as server, redis.Redis.from_url(server.url) as connection:
        environment = {"REDIS_URL": server.url, "PYTHONPATH": str(REPOSITORY)}
        assert subprocess.run(command, env=environment, capture_output=True, check=False).returncode == 1
        connection.set(heartbeat_key(IDENTITY.version), "b", ex=60)
        assert subprocess.run(command, env=environment, capture_output=True, check=False).returncode == 0
