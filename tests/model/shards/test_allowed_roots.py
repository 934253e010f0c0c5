"""What a worker may read pictures from."""

from pathlib import Path

import pytest

from contracts.errors import EmbeddingsError, LaunchError
from model.shards.allowed_roots import AllowedRoots
from model.shards.plan import Reference, ShardJob
from storage.object_facts import ObjectFacts
from storage.object_root import ObjectRoot


def job(root: object, witness: str | None = None) -> ShardJob:
    return ShardJob("0" * 32, "m-1", str(root), False, 1, witness)


@pytest.mark.parametrize("named", [[], ["pictures"], ["./pictures"], [""]])
def test_folders_must_be_named_absolutely(named: list[str]) -> None:
    with pytest.raises(LaunchError, match="absolute paths or s3://BUCKET/PREFIX"):
        AllowedRoots(named)


def test_what_is_no_address_of_a_bucket_is_refused() -> None:
    with pytest.raises(LaunchError, match="must be s3://BUCKET"):
        AllowedRoots(["s3://Shop?secret"])


def test_a_root_must_lie_in_one_of_them(tmp_path: Path) -> None:
    (tmp_path / "shop" / "a").mkdir(parents=True)
    (tmp_path / "shop-b").mkdir()
    roots = AllowedRoots([str(tmp_path / "shop")])
    assert roots.open(job(tmp_path / "shop"), []) == (tmp_path / "shop").resolve()
    assert roots.open(job(tmp_path / "shop" / "a"), []) == (tmp_path / "shop" / "a").resolve()
    (tmp_path / "shop" / "out").symlink_to(tmp_path / "shop-b")
    for outside in (tmp_path, tmp_path / "shop-b", "/", tmp_path / "shop" / ".." / "shop-b", tmp_path / "shop" / "out"):
        with pytest.raises(EmbeddingsError, match="is in none of the LOOKALIKE_EXTRACT_ROOTS"):
            roots.open(job(outside), [])
    for no_path in ("shop", "", "a\0b"):
        with pytest.raises(EmbeddingsError, match="no absolute path"):
            roots.open(job(no_path), [])


def test_it_must_be_the_same_folder(tmp_path: Path) -> None:
    (tmp_path / "a.jpg").write_bytes(b"x")
    roots = AllowedRoots([str(tmp_path)])
    assert roots.open(job(tmp_path, "a.jpg"), []) == tmp_path.resolve()
    with pytest.raises(EmbeddingsError, match=r"does not find b\.jpg in"):
        roots.open(job(tmp_path, "b.jpg"), [])


def test_objects_must_lie_below_an_allowed_prefix() -> None:
    roots = AllowedRoots(["s3://shop/pictures/"])
    facts = ObjectFacts(7, "tag")
    for root in ("s3://shop/pictures", "s3://shop/pictures/a"):
        opened = roots.open(job(root), [Reference("a.jpg", facts=facts), Reference("b.jpg")])
        assert isinstance(opened, ObjectRoot)
        assert (opened.url, opened.objects) == (root, {"a.jpg": facts})
    for outside in ("s3://shop", "s3://shop/pictures-b", "s3://other/pictures", "s3://shop/other"):
        with pytest.raises(EmbeddingsError, match="is in none of the LOOKALIKE_EXTRACT_ROOTS"):
            roots.open(job(outside), [])
    for no_url in ("s3://shop/pictures/../b", "http://shop/pictures", "s3://shop/pictures//a"):
        with pytest.raises(EmbeddingsError):
            roots.open(job(no_url), [])
