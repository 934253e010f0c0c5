"""The options of `lookalike train` that name customers' pictures: --photos, --street and --class-map."""

import argparse
import sys
from typing import TYPE_CHECKING, Any

from contracts.errors import ModelError

if TYPE_CHECKING:
    from model.training.lookalikes.photos import Photos
    from model.training.lookalikes.street import Street


def customers_pictures(options: argparse.Namespace, given: dict[str, Any]) -> "tuple[Photos | None, Street | None]":
    """Read what --photos and --street name, and take these options out of the given ones.

    Raises:
        LookalikeError: they do not go together, or cannot be read.
    """
    from contracts.class_map import read_class_map
    from model.catalogue.bad_rows import BadRows
    from model.catalogue.opening import open_catalogue
    from model.catalogue.street_boxes import read_street_boxes
    from model.tolerance import Tolerance
    from model.training.lookalikes.photos import Photos
    from model.training.lookalikes.street import Street

    photos_path, street_path = given.pop("photos", None), given.pop("street", None)
    class_map_path = given.pop("class_map", None)
    if class_map_path is not None and photos_path is None and street_path is None:
        raise ModelError("--class-map describes --photos and --street; pass one of them with it")
    if street_path is not None and class_map_path is None:
        raise ModelError(
            "--street needs --class-map: a JSON file that says which values of the first target each class of "
            "garments may be"
        )
    class_map = None if class_map_path is None else read_class_map(class_map_path)
    photos, street = None, None
    if photos_path is not None:
        catalogue = open_catalogue(photos_path, follow_links=options.follow_links)
        if catalogue.kind == "street":
            raise ModelError(
                f"--photos {photos_path} holds street photos with garments in a boxes.csv; pass the folder as --street"
            )
        photos = Photos(catalogue, class_map)
    if street_path is not None and class_map is not None:
        bad = BadRows(Tolerance(options.max_failed, options.strict))
        street = Street(street_path, read_street_boxes(street_path, bad), class_map)
        if bad.failed:
            print(f"lookalike: garments skipped: {bad.failed:,}; the first: {bad.found[0]}", file=sys.stderr)
    return photos, street
