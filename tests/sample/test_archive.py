"""The archive: every damaged or forged one is refused with a sentence, and nothing is unpacked from it."""

import random
import zipfile
from pathlib import Path

import pytest

from contracts.errors import CatalogueError
from sample.archive import MANIFEST, SampleArchive
from sample.catalogue import unpack_catalogue
from tests.sample.small_archive import FILES, contents, packed, small_archive, with_manifest


def unpacked(tmp_path: Path, archive: bytes) -> dict[str, str]:
    path, root = tmp_path / "archive.zip", tmp_path / "home" / "catalogue"
    path.write_bytes(archive)
    unpack_catalogue(root, archive=path)
    return contents(root)


def refuse(tmp_path: Path, archive: bytes) -> None:
    with pytest.raises(CatalogueError, match="the archive of the sample catalogue, is missing or damaged"):
        unpacked(tmp_path, archive)
    assert {path.name for path in tmp_path.rglob("*")} <= {"archive.zip", "home"}


def test_what_a_zip_program_would_pack_is_read(tmp_path: Path) -> None:
    assert set(unpacked(tmp_path, packed(with_manifest(FILES)))) == {*FILES, MANIFEST}


FORGED = {
    "empty": b"",
    "no archive": b"a catalogue",
    "no manifest": packed(FILES),
    "another manifest": packed({**FILES, MANIFEST: b'{"format": "lookalike-sample"}'}),
    "manifest of other content": packed(with_manifest(FILES) | {"attributes.csv": b"x" * len(FILES["attributes.csv"])}),
    "other size": packed(with_manifest(FILES) | {"attributes.csv": b"longer" * 999}),
    "a file more": packed(with_manifest(FILES) | {"img/more.webp": b"more"}),
    "a file less": packed({name: content for name, content in with_manifest(FILES).items() if "Anno" not in name}),
    "compressed": packed(with_manifest(FILES), compression=zipfile.ZIP_DEFLATED),
    "leads out": packed(with_manifest({**FILES, "img/../../../evil.webp": b"evil"})),
    "absolute": packed(with_manifest({**FILES, "/evil.webp": b"evil"})),
    "manifest too long": packed({**FILES, MANIFEST: b" " * (2 << 20)}),
}


@pytest.mark.parametrize("archive", FORGED.values(), ids=FORGED)
def test_a_forged_archive_is_refused(tmp_path: Path, archive: bytes) -> None:
    refuse(tmp_path, archive)


def test_a_missing_archive_is_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(CatalogueError, match=r"missing or damaged.*No such file.*install Lookalike again"):
        SampleArchive(tmp_path / "none.zip")


def test_any_damaged_byte_is_noticed_or_does_not_matter(tmp_path: Path) -> None:
    path = small_archive(tmp_path / "archive.zip")
    whole = path.read_bytes()
    chance = random.Random(4)
    refused = 0
    for _ in range(600):
        damaged = bytearray(whole)
        damaged[chance.randrange(len(whole))] ^= 1 << chance.randrange(8)
        path.write_bytes(damaged)
        try:
            with SampleArchive(path) as archive:
                read = {name: archive.read(name) for name in archive.seals}
        except CatalogueError:
            refused += 1
        else:
            assert read == FILES
    assert refused > 400


@pytest.mark.parametrize("share", [0.0, 0.1, 0.5, 0.9, 0.999])
def test_an_archive_that_was_cut_off_is_refused(tmp_path: Path, share: float) -> None:
    whole = small_archive(tmp_path / "whole.zip").read_bytes()
    (tmp_path / "whole.zip").unlink()
    refuse(tmp_path, whole[: int(share * len(whole))])
