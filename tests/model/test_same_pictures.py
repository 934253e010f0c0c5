import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from contracts.items import Item
from contracts.progress import silent
from model.catalogue.catalogue import Catalogue
from model.training.same_pictures import near_pictures, same_pictures

RANDOM = np.random.default_rng(0)


def garment(seed: int) -> Image.Image:
    """A picture with large and small shapes, as photos have."""
    draw = np.random.default_rng(seed)
    coarse = Image.fromarray(draw.integers(0, 255, (6, 5, 3), np.uint8)).resize((300, 360), Image.Resampling.BICUBIC)
    fine = Image.fromarray(draw.integers(0, 255, (60, 50, 3), np.uint8)).resize((300, 360), Image.Resampling.BICUBIC)
    return Image.blend(coarse, fine, 0.2)


def encoded(picture: Image.Image, kind: str, **options: int) -> bytes:
    stream = io.BytesIO()
    picture.save(stream, kind, **options)
    return stream.getvalue()


def numbers(
    folder: Path,
    contents: list[bytes],
    crops: list[tuple[int, int, int, int] | None] | None = None,
    *,
    crop_to_box: bool = True,
) -> list[int | None]:
    items = []
    for row, content in enumerate(contents):
        (folder / f"{row}.jpg").write_bytes(content)
        items.append(Item(str(row), f"{row}.jpg", crop=crops[row] if crops else None))
    catalogue = Catalogue(folder, items, "csv")
    (found,) = same_pictures(catalogue, crop_to_box=crop_to_box, workers=2, progress=silent)
    return found


def test_the_same_picture_saved_again_is_the_same_and_others_are_not(tmp_path: Path) -> None:
    first, second = garment(1), garment(2)
    found = numbers(
        tmp_path,
        [
            encoded(first, "JPEG", quality=95),
            encoded(first, "JPEG", quality=95),
            encoded(first, "JPEG", quality=70),
            encoded(first, "WEBP", quality=80),
            encoded(first.resize((200, 240)), "JPEG", quality=90),
            encoded(second, "JPEG", quality=95),
            b"no picture",
        ],
    )
    assert found[:5] == found[:1] * 5
    assert found[5] not in (found[0], None)
    assert found[6] is None


@pytest.mark.parametrize("crop_to_box", [True, False])
def test_two_garments_in_one_photo_are_two_pictures_only_where_boxes_count(tmp_path: Path, crop_to_box: bool) -> None:
    photo = encoded(garment(1), "JPEG", quality=95)
    found = numbers(tmp_path, [photo, photo], [(0, 0, 150, 180), (150, 180, 300, 360)], crop_to_box=crop_to_box)
    assert (found[0] == found[1]) is not crop_to_box


def test_near_pictures_agree_with_a_comparison_of_all_pairs() -> None:
    base = RANDOM.integers(0, 255, (40, 8, 8, 3))
    moved = np.clip(base + RANDOM.normal(0, 1.0, (40, 1, 1, 1)) + RANDOM.normal(0, 0.5, base.shape), 0, 255)
    small = np.concatenate((base, moved)).round().astype(np.uint8)
    found = near_pictures(small)
    apart = np.sqrt(np.square(small[:, None].astype(float) - small[None]).mean(axis=(2, 3, 4)))
    near = apart < 1.0
    assert 10 < near[:40, 40:].sum() < 40
    assert (near == (found[:, None] == found[None])).all()


def test_pictures_of_one_colour_are_like_no_other_but_for_their_bytes(tmp_path: Path) -> None:
    reds = [encoded(Image.new("RGB", (40 + number // 2, 50), "red"), "PNG") for number in range(6)]
    found = numbers(tmp_path, reds)
    assert [found.index(number) for number in found] == [0, 0, 2, 2, 4, 4]


def test_a_thousand_nearly_equal_pictures_cost_no_more_than_others() -> None:
    small = np.full((1_000, 8, 8, 3), 255, np.uint8)
    small[:, 2:6, 2:6] = 30
    small[:, 0, 0, 0] -= RANDOM.integers(0, 3, 1_000).astype(np.uint8)
    assert len(set(near_pictures(small).tolist())) <= 3


def test_catalogues_are_compared_with_each_other(tmp_path: Path) -> None:
    for name in ("shop", "photos"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "0.jpg").write_bytes(encoded(garment(1), "JPEG", quality=95))
    (tmp_path / "photos" / "1.jpg").write_bytes(encoded(garment(2), "JPEG", quality=95))
    shop = Catalogue(tmp_path / "shop", [Item("0", "0.jpg")], "csv")
    photos = Catalogue(tmp_path / "photos", [Item("0", "0.jpg"), Item("1", "1.jpg")], "folder")
    first, second = same_pictures(shop, photos, crop_to_box=True, workers=1, progress=silent)
    assert first[0] == second[0] != second[1]
