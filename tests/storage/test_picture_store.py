"""The store of pictures: in a folder and in a bucket, the same behaviour; and what each must survive."""

import hashlib
import os
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from contracts.errors import LaunchError, StoreUnavailableError
from storage import object_store
from storage.object_facts import ObjectChangedError, ObjectFacts
from storage.picture_store import MOST_BYTES, PictureStore, default_store, open_picture_store
from tests.full_disk import files_of_at_most
from tests.storage.object_server import ObjectServer
from tests.storage.s3_server import S3Server, s3_server

PICTURE = b"a picture"
DIGEST = hashlib.sha256(PICTURE).digest()
NAME = f"{DIGEST.hex()[:2]}/{DIGEST.hex()[2:4]}/{DIGEST.hex()}"


@pytest.fixture(scope="module")
def running() -> Iterator[S3Server]:
    with s3_server() as server:
        yield server


@pytest.fixture
def s3(running: S3Server) -> S3Server:
    running.objects.clear()
    running.requests.clear()
    running.status, running.hangs_s, running.after_head = 0, 0.0, None
    return running


@pytest.fixture
def url(objects: ObjectServer) -> str:
    """Of a prefix in a real store."""
    return objects.new_url()


@pytest.fixture(params=["folder", "bucket"])
def store(request: pytest.FixtureRequest, tmp_path: Path, url: str) -> PictureStore:
    return open_picture_store(tmp_path / "pictures" if request.param == "folder" else url)


def test_what_is_put_is_there(store: PictureStore) -> None:
    assert store.get(DIGEST) is None
    assert not store.has(DIGEST)
    store.delete(DIGEST)
    assert list(store.digests()) == []
    assert store.put(PICTURE) == store.put(PICTURE) == DIGEST
    assert store.get(DIGEST) == PICTURE
    assert store.has(DIGEST)
    others = {store.put(bytes([n])) for n in range(5)}
    assert set(store.digests()) == {DIGEST, *others}
    store.delete(DIGEST)
    assert store.get(DIGEST) is None
    assert set(store.digests()) == others
    with pytest.raises(StoreUnavailableError, match="not stored"):
        store.put(bytes(MOST_BYTES + 1))
    with pytest.raises(ValueError, match="32 bytes"):
        store.get(b"../../etc")


def test_both_have_the_same_layout(tmp_path: Path, url: str) -> None:
    open_picture_store(tmp_path).put(PICTURE)
    open_picture_store(f"{url}/p/").put(PICTURE)
    assert (tmp_path / NAME).read_bytes() == PICTURE
    assert list(object_store.open_object_store(url).names()) == [f"p/{NAME}"]
    assert default_store(tmp_path / "bundles") == tmp_path / "pictures"


def test_a_damaged_picture_is_never_served_and_mended_by_the_next_put(tmp_path: Path, url: str) -> None:
    for damage in (b"a pictur!", b"", b"a picture and more"):
        folder, bucket = open_picture_store(tmp_path), open_picture_store(url)
        for store in (folder, bucket):
            store.put(PICTURE)
        (tmp_path / NAME).write_bytes(damage)
        object_store.open_object_store(url).put(NAME, damage)
        for store in (folder, bucket):
            with pytest.raises(StoreUnavailableError, match="damaged"):
                store.get(DIGEST)
            store.put(PICTURE)
            assert store.get(DIGEST) == PICTURE


def test_something_huge_in_its_place_is_not_read(tmp_path: Path, url: str) -> None:
    (tmp_path / NAME).parent.mkdir(parents=True)
    with (tmp_path / NAME).open("wb") as stream:
        stream.truncate(10**12)
    object_store.open_object_store(url).put(NAME, bytes(MOST_BYTES + 1))
    for store in (open_picture_store(tmp_path), open_picture_store(url)):
        with pytest.raises(StoreUnavailableError, match=f"over {MOST_BYTES:,} bytes"):
            store.get(DIGEST)


@pytest.mark.parametrize("depth", [0, 1, 2])
def test_no_link_leads_outside(tmp_path: Path, depth: int) -> None:
    root, outside = tmp_path / "pictures", tmp_path / "outside"
    parts = NAME.split("/")
    target = outside.joinpath(*parts[depth + 1 :])
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(PICTURE)
    link = root.joinpath(*parts[: depth + 1])
    link.parent.mkdir(parents=True)
    link.symlink_to(target if depth == 2 else outside)
    before = sorted(outside.rglob("*"))
    store = open_picture_store(root)
    with pytest.raises(StoreUnavailableError, match="link"):
        store.get(DIGEST)
    with pytest.raises(StoreUnavailableError, match="link"):
        store.put(PICTURE)
    assert list(store.digests()) == []
    if depth < 2:
        with pytest.raises(StoreUnavailableError, match="link"):
            store.delete(DIGEST)
    assert sorted(outside.rglob("*")) == before


def test_it_is_on_the_disk_before_put_returns(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    flushed: list[str] = []
    plain = os.fsync

    def noted(descriptor: int) -> None:
        flushed.append(str(Path(f"/proc/self/fd/{descriptor}").readlink()))
        plain(descriptor)

    monkeypatch.setattr(os, "fsync", noted)
    root = tmp_path / "pictures"
    open_picture_store(root).put(PICTURE)
    folder = root / NAME
    assert ".tmp-" in flushed[0]
    assert flushed[1:] == [str(folder.parent), str(folder.parent.parent), str(root), str(tmp_path)]
    # Another process put it there and may have died before it was durable.
    flushed.clear()
    open_picture_store(root).put(PICTURE)
    assert str(folder.parent) in flushed


def test_a_full_disk_and_a_folder_that_is_none_are_said_and_leave_nothing(tmp_path: Path) -> None:
    store = open_picture_store(tmp_path / "pictures")
    with files_of_at_most(1000), pytest.raises(StoreUnavailableError, match="cannot be written"):
        store.put(bytes(2000))
    assert [path for path in (tmp_path / "pictures").rglob("*") if path.is_file()] == []
    (tmp_path / "file").touch()
    with pytest.raises(StoreUnavailableError):
        open_picture_store(tmp_path / "file").put(PICTURE)


@pytest.mark.parametrize("status", [400, 403, 500, 503])
def test_what_a_bucket_answers_is_not_passed_on(s3: S3Server, status: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(object_store, "_RETRIES", 0)
    s3.status = status
    store = open_picture_store("s3://shop/p")
    calls: list[Callable[[], object]] = [
        lambda: store.put(PICTURE),
        lambda: store.get(DIGEST),
        lambda: store.has(DIGEST),
    ]
    calls += [lambda: store.delete(DIGEST), lambda: list(store.digests())]
    for call in calls:
        with pytest.raises(StoreUnavailableError) as failure:
            call()
        chain = failure.value
        assert chain.__suppress_context__
        text = str(chain)
        assert text.startswith("s3://shop/p ")
        assert not any(secret in text for secret in ("secret", "AKIA", "Signature", "127.0.0.1", "http"))


def test_a_bucket_that_hangs_or_is_away_holds_few_threads_and_not_for_long(
    objects: ObjectServer, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(object_store, "_REQUEST_S", 0.4)
    monkeypatch.setattr(object_store, "_ALL_TRIES_S", 0.4)
    monkeypatch.setattr(object_store, "_RETRIES", 0)
    monkeypatch.setattr(object_store, "_MOST_CALLS", 2)
    monkeypatch.setattr(object_store, "_WAIT_S", 0.1)
    store = open_picture_store(url)
    started = time.monotonic()
    texts: list[str] = []

    def call() -> None:
        with pytest.raises(StoreUnavailableError) as failure:
            store.get(DIGEST)
        texts.append(str(failure.value))

    threads = [threading.Thread(target=call) for _ in range(6)]
    with objects.hanging():
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert time.monotonic() - started < 1.4
    assert sum("is slow" in text for text in texts) == 4
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
    with pytest.raises(StoreUnavailableError, match="cannot be read now"):
        open_picture_store("s3://shop").get(DIGEST)


@pytest.mark.parametrize(
    "url",
    ["s3://", "s3://AB", "s3://key:secret@shop/p", "s3://shop/../other", "s3://shop/a//b", "s3://shop?x=secret",
     "gs://shop/secret", "https://shop.s3.amazonaws.com/secret", "file:///etc/secret", "s3://shop/%2e%2e/secret"],
)  # fmt: skip
def test_other_urls_are_refused_without_repeating_them(url: str) -> None:
    with pytest.raises(LaunchError, match="must be s3://BUCKET") as failure:
        open_picture_store(url)
    assert "secret" not in str(failure.value)


def test_an_object_that_changes_while_it_is_read(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(object_store, "_PIECE_BYTES", 10)
    objects = object_store.open_object_store(url)
    objects.put("a", bytes(25))
    facts = objects.facts("a")
    assert facts is not None
    assert b"".join(objects.pieces("a", facts)) == bytes(25)
    pieces = objects.pieces("a", facts)
    next(pieces)
    objects.put("a", b"x" * 25)
    with pytest.raises(ObjectChangedError):
        next(pieces)
    for wrong in (24, 26, 40):
        # Without an ETag, the size alone shows it.
        with pytest.raises(ObjectChangedError):
            list(objects.pieces("a", ObjectFacts(wrong, None)))


@pytest.mark.parametrize("name", ["", "/a", "a/", "a//b", "../a", "a/../b", "a/.", "a b", "a\\b", "a%2fb", "ä", "a\0"])
def test_names_that_lead_elsewhere_are_refused(tmp_path: Path, name: str) -> None:
    objects = object_store.open_object_store(tmp_path)
    for call in (lambda: objects.get(name, most_bytes=9), lambda: objects.put(name, b""), lambda: objects.facts(name)):
        with pytest.raises(StoreUnavailableError, match="no name of an object"):
            call()
