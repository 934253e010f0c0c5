"""A bundle does not choose freely which folder's pictures are served."""

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest

from api.app import create_app
from api.items.catalogue_root import catalogue_root
from api.settings import ApiSettings
from contracts.errors import BundleError
from index.bundle import Bundle
from index.bundle_manifest import read_manifest, write_manifest
from tests.api.fake_embedder import FakeEmbedder
from tests.api.promotable import Promotable
from tests.api.swapping import running

REDIS = "redis://127.0.0.1:1/0"


@pytest.mark.parametrize(
    ("named", "problem"),
    [
        ("/", "the whole file system"),
        ("//", "the whole file system"),
        ("/tmp/..", "the whole file system"),
        ("/etc", "belongs to the system"),
        ("/proc/self/cwd/..", ""),
        ("/proc/1", "belongs to the system"),
        ("/dev/shm", "belongs to the system"),
        ("", "not an absolute path"),
        (".", "not an absolute path"),
        ("../pictures", "not an absolute path"),
        ("/a\0b", "not an absolute path"),
    ],
)
def test_a_bundle_may_not_name_any_folder(named: str, problem: str, monkeypatch: pytest.MonkeyPatch) -> None:
    # What /proc/self/cwd/.. leads to.
    monkeypatch.chdir("/etc")
    with pytest.raises(BundleError, match=rf"(?s){problem}.*LOOKALIKE_CATALOGUE_ROOT"):
        catalogue_root(named, ApiSettings(redis_url=REDIS))


def test_a_link_to_the_whole_file_system_is_seen_through(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to("/")
    with pytest.raises(BundleError, match="the whole file system"):
        catalogue_root(str(tmp_path / "link"), ApiSettings(redis_url=REDIS))


def test_the_operator_may_allow_folders(tmp_path: Path) -> None:
    for name in ("ours", "theirs"):
        (tmp_path / name / "spring").mkdir(parents=True)
    (tmp_path / "link").symlink_to(tmp_path / "ours")
    settings = ApiSettings(redis_url=REDIS, allowed_catalogues=f"{tmp_path / 'link'}, /srv/pictures")  # type: ignore[arg-type]
    for named in ("ours", "ours/spring", "link/spring"):
        assert catalogue_root(str(tmp_path / named), settings) == (tmp_path / named).resolve()
    assert catalogue_root("/srv/pictures/2026", settings) == Path("/srv/pictures/2026")
    for named in ("theirs", "ours/../theirs", ".", "ours-too"):
        with pytest.raises(BundleError, match="none of LOOKALIKE_ALLOWED_CATALOGUES"):
            catalogue_root(str(tmp_path / named), settings)


def test_the_operators_own_choice_needs_no_permission(tmp_path: Path) -> None:
    settings = ApiSettings(redis_url=REDIS, catalogue_root=tmp_path, allowed_catalogues=(Path("/srv"),))
    assert catalogue_root("/", settings) == tmp_path.resolve()


def test_an_application_does_not_start_with_such_a_bundle(bundle: Bundle) -> None:
    with pytest.raises(BundleError, match="'/' as the folder of its pictures"):
        create_app(ApiSettings(redis_url=REDIS), replace(bundle, catalogue_root="/"), FakeEmbedder())


async def test_a_running_application_keeps_its_index(
    settings: ApiSettings, promotable_once: Promotable, tmp_path: Path
) -> None:
    bundles = promotable_once.copied_to(tmp_path / "bundles")
    bundles.promote(bundles.first)
    folder = bundles.folder / bundles.second
    write_manifest(folder, replace(read_manifest(folder), catalogue_root="/"))
    async with running(settings, bundles.folder) as api:
        bundles.promote(bundles.second)
        async with asyncio.timeout(20):
            while not await api.metric("lookalike_index_stale"):  # noqa: ASYNC110 - as Prometheus sees it
                await asyncio.sleep(0.01)
        assert (await api.listed())["index"]["version"] == bundles.first
