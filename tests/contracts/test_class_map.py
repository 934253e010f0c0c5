from pathlib import Path

import pytest

from contracts.class_map import read_class_map
from contracts.errors import EmbeddingsError


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"hat": "Caps"}', '{"hat": []}', '{"hat": [1]}'])
def test_a_wrong_class_map_is_an_error(tmp_path: Path, content: str) -> None:
    path = tmp_path / "class-map.json"
    path.write_text(content)
    with pytest.raises(EmbeddingsError, match=r"class-map\.json.*JSON object such as"):
        read_class_map(path)
    path.write_text('{"hat": ["Caps", "Hat"]}')
    assert read_class_map(path) == {"hat": frozenset({"Caps", "Hat"})}


def test_a_missing_class_map_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(EmbeddingsError, match="cannot be read"):
        read_class_map(tmp_path / "nowhere.json")
