"""A file that says which items are right for the photos of each class."""

import json
from collections.abc import Mapping
from pathlib import Path

from contracts.errors import EmbeddingsError
from contracts.text_form import one_form


def read_class_map(path: Path) -> Mapping[str, frozenset[str]]:
    """Read a JSON object that maps a query's class to a list of the gallery values that are right for it.

    Raises:
        EmbeddingsError: the file cannot be read or is not such an object.
    """
    fix = 'it must be a JSON object such as {"hat": ["Caps", "Hat"]}'
    try:
        classes = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise EmbeddingsError(f"the class map {path} cannot be read ({error}); {fix}") from error
    if not isinstance(classes, dict) or not classes:
        raise EmbeddingsError(f"the class map {path} holds no classes; {fix}")
    for name, values in classes.items():
        if not isinstance(values, list) or not values or not all(isinstance(value, str) for value in values):
            raise EmbeddingsError(f"the class map {path}: {name!r:.80} needs a list of values; {fix}")
    return {one_form(name): frozenset(map(one_form, values)) for name, values in classes.items()}
