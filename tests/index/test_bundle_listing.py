"""Which version CURRENT names, and the list of a folder's bundles."""

import shutil
from pathlib import Path

import pytest

from contracts.errors import BundleError
from index.bundle import current_version, open_bundle, open_current
from index.bundle_manifest import MANIFEST
from index.current_version import set_current
from index.listing import list_bundles


@pytest.mark.parametrize(
    "content", [b"", b"../../etc", b"20261123T101500Z-3f9a2", b"\xff\xfe", b"x" * 10**6, b"a\nb\n"]
)
def test_a_current_that_names_no_version_is_refused(bundles: Path, content: bytes) -> None:
    (bundles / "CURRENT").write_bytes(content)
    with pytest.raises(BundleError, match="CURRENT") as caught:
        open_current(bundles)
    assert len(str(caught.value)) < 500


def test_a_folder_without_an_index_says_how_to_get_one(tmp_path: Path) -> None:
    with pytest.raises(BundleError, match="`lookalike index build`"):
        open_current(tmp_path)
    with pytest.raises(BundleError, match="`lookalike index build`"):
        open_current(tmp_path / "absent")
    with pytest.raises(BundleError, match="is not a bundle"):
        open_bundle(tmp_path)


def test_current_can_be_pointed_at_another_version(bundles: Path, folder: Path) -> None:
    other = "20250101T000000Z-abcdef"
    shutil.copytree(folder, bundles / other)
    set_current(bundles, other)
    assert current_version(bundles) == other
    for name in ("20250101T000000Z-000000", "../bundles", ""):
        with pytest.raises(BundleError, match="lookalike index list"):
            set_current(bundles, name)
    assert current_version(bundles) == other


def test_bundles_are_listed_oldest_first_and_damaged_ones_say_so(bundles: Path, folder: Path) -> None:
    shutil.copytree(folder, bundles / "20250101T000000Z-abcdef")
    (bundles / "20250101T000000Z-abcdef" / MANIFEST).write_bytes(b"{}")
    (bundles / "notes").mkdir()
    damaged, good = list_bundles(bundles)
    assert (damaged.version, damaged.created, damaged.items, damaged.model, damaged.is_current) == (
        "20250101T000000Z-abcdef",
        None,
        None,
        None,
        False,
    )
    assert damaged.problem is not None
    assert "is damaged" in damaged.problem
    assert (good.version, good.items, good.model, good.is_current, good.problem) == (
        folder.name,
        60,
        "resnet18-0123456789ab",
        True,
        None,
    )
    (bundles / "CURRENT").unlink()
    assert not any(summary.is_current for summary in list_bundles(bundles))
    with pytest.raises(BundleError, match="is not a folder"):
        list_bundles(bundles / "absent")
