"""Catalogues in a real object store: recognised and read as on a disk."""

from dataclasses import replace
from pathlib import Path

import pytest

from contracts.errors import CatalogueError, LaunchError
from contracts.items import Item
from model.catalogue.catalogue import Catalogue
from model.catalogue.opening import open_catalogue
from model.tolerance import Tolerance
from storage.object_root import ObjectRoot
from storage.object_store import open_object_store
from tests.storage.object_server import ObjectServer

PICTURES = (
    "dresses/a b.jpg",
    "dresses/Kleid ä.PNG",
    "shoes/c%2f&<d.webp",
    "top.jpg",
    ".hidden/e.jpg",
    "shoes/.f.jpg",
    "@eaDir/a.jpg",
    "shoes/Thumbs.db",
    "bundles/1/vectors.npy",
    "bundles/1/g.jpg",
    "readme.txt",
)


def put(url: str, files: dict[str, bytes]) -> None:
    store = open_object_store(url, any_name=True)
    for name, data in files.items():
        store.put(name, data)


def on_disk(folder: Path, files: dict[str, bytes]) -> Path:
    for name, data in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)
    return folder


def same(there: Catalogue, here: Catalogue, url: str) -> None:
    """Compare all but where they are."""
    assert isinstance(there.root, ObjectRoot)
    assert there.root.url == url
    shown = [
        replace(bad, file=str(bad.file).replace(str(here.root), url), reason=bad.reason.replace(str(here.root), url))
        for bad in here.bad_rows
    ]
    assert list(there.bad_rows) == shown
    assert replace(there, root=here.root, bad_rows=()) == replace(here, bad_rows=())


def test_a_prefix_with_pictures(objects: ObjectServer, tmp_path: Path) -> None:
    files = dict.fromkeys(PICTURES, b"x")
    files["attributes.csv"] = b"id,colour\ntop.jpg,Red\ndresses/a b.jpg,Blue\nnone.jpg,Green\n"
    files["items.csv"] = b"id,image\n"
    url = objects.new_url()
    put(url, files)
    there = open_catalogue(f"{url}/", tolerance=Tolerance(1.0))
    same(there, open_catalogue(on_disk(tmp_path / "shop", files), tolerance=Tolerance(1.0)), url)
    assert [item.image for item in there.items] == sorted(PICTURES[:4])
    with pytest.raises(CatalogueError, match="to a folder"):
        _ = there.folder


LISTS = {
    "items.csv": (
        b"id,image,colour\n1,p/a.jpg,Red\n2,P/B.JPG,Blue\n3,/p/a.jpg,\n4,../a.jpg,\n5,s3://other/p/a.jpg,\n6,p/c.jpg\n"
    ),
    "feed.ndjson": b'{"id": "1", "image": "p/a.jpg", "colour": "Red"}\n{"id": "2", "image": "../../x.jpg"}\n',
    "feed.xml": (
        b'<rss xmlns:g="http://base.google.com/ns/1.0"><channel><item><g:id>1</g:id>'
        b"<g:image_link>p/a.jpg</g:image_link></item></channel></rss>"
    ),
}


@pytest.mark.parametrize("name", LISTS)
def test_a_list(objects: ObjectServer, tmp_path: Path, name: str) -> None:
    files = {f"sub/{name}": LISTS[name], "sub/p/a.jpg": b"x", "sub/p/b.jpg": b"x"}
    url = objects.new_url()
    put(url, files)
    there = open_catalogue(f"{url}/sub/{name}", tolerance=Tolerance(1.0))
    on_disk(tmp_path, files)
    same(there, open_catalogue(tmp_path / "sub" / name, tolerance=Tolerance(1.0)), f"{url}/sub")
    assert there.items[0].image == "p/a.jpg"
    if name == "items.csv":
        assert there.items[1].image == "p/b.jpg"
        assert [bad.row for bad in there.bad_rows] == [7, 5, 6]


def test_pictures_by_the_urls_of_the_same_store(objects: ObjectServer) -> None:
    url = objects.new_url()
    lines = [f"1,{url}/p/a.jpg", f"2,{url}/../other/a.jpg", f"3,{url}x/a.jpg", f"4,{url}/p/a.jpg?versionId=1"]
    put(url, {"items.csv": "\n".join(("id,image", *lines)).encode(), "p/a.jpg": b"x"})
    catalogue = open_catalogue(f"{url}/items.csv", tolerance=Tolerance(1.0))
    assert catalogue.items == [Item("1", "p/a.jpg"), Item("4", "p/a.jpg?versionId=1")]
    assert [bad.row for bad in catalogue.bad_rows] == [3, 4]


def test_what_is_said_names_the_url(objects: ObjectServer, monkeypatch: pytest.MonkeyPatch) -> None:
    url = objects.new_url()
    put(url, {"bad.csv": b"id,picture\n1,a.jpg\n", "broken.xml": b"<rss><cha", "boxes.csv": b"x", "a.jpg": b"x"})
    for name in ("bad.csv", "broken.xml"):
        with pytest.raises(CatalogueError) as failure:
            open_catalogue(f"{url}/{name}")
        assert f"{url}/{name}" in str(failure.value)
        assert "/tmp" not in str(failure.value)
    with pytest.raises(CatalogueError, match="a folder only"):
        open_catalogue(url)
    with pytest.raises(CatalogueError, match="a folder only"):
        open_catalogue(url, format="street")
    with pytest.raises(CatalogueError, match="is no object"):
        open_catalogue(url, format="csv")
    assert open_catalogue(url, format="folder").items == [Item("a.jpg", "a.jpg")]
    with pytest.raises(CatalogueError, match="holds no"):
        open_catalogue(f"{url}/none")
    with pytest.raises(CatalogueError, match="partitions"):
        open_catalogue(url, partitions=["train"])
    for wrong in ("s3://key:secret@shop/p", "gs://shop/secret", "s3://shop/../secret", "s3://shop/a//secret"):
        with pytest.raises(LaunchError, match="must be s3://BUCKET") as refusal:
            open_catalogue(wrong, format="street")
        assert "secret" not in str(refusal.value)
    with monkeypatch.context() as patch:
        patch.setattr("model.catalogue.object_catalogue._MOST_LIST_BYTES", 3)
        with pytest.raises(CatalogueError, match="over 3 bytes"):
            open_catalogue(f"{url}/bad.csv")
