"""Golden queries are read from their file, or refused."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from contracts.errors import BundleError
from index.versions.golden import GOLDEN, GoldenQuery, read_golden


def test_golden_queries_are_read(tmp_path: Path) -> None:
    assert read_golden(tmp_path) == []
    (tmp_path / GOLDEN).write_text('[{"item": "shop/ä", "expected": ["1", "2"]}, {"item": "b", "expected": ["1"]}]')
    assert read_golden(tmp_path) == [GoldenQuery("shop/ä", ("1", "2")), GoldenQuery("b", ("1",))]


def malformed() -> Iterator[str]:
    yield from ("", "{", "{}", "[]", '"x"', "null", "[3]", "[null]")
    yield from ('[{"item": "a"}]', '[{"expected": ["a"]}]', '[{"item": "a", "expected": ["b"], "expcted": []}]')
    yield from ('[{"item": 15970, "expected": ["b"]}]', '[{"item": "", "expected": ["b"]}]')
    yield from (
        '[{"item": "a", "expected": "b"}]',
        '[{"item": "a", "expected": []}]',
        '[{"item": "a", "expected": [1]}]',
    )
    yield from ('[{"item": "a", "expected": ["b", "b"]}]', '[{"item": "a", "expected": ["a"]}]')
    yield '[{"item": "a", "expected": ["b"]}, {"item": "a", "expected": ["c"]}]'


@pytest.mark.parametrize("content", list(malformed()))
def test_malformed_golden_queries_are_refused(tmp_path: Path, content: str) -> None:
    (tmp_path / GOLDEN).write_text(content)
    with pytest.raises(BundleError, match=r"golden\.json.*it must be a list such as"):
        read_golden(tmp_path)


def test_golden_queries_that_cannot_be_read_are_refused(tmp_path: Path) -> None:
    (tmp_path / GOLDEN).mkdir()
    with pytest.raises(BundleError, match=r"golden\.json cannot be read"):
        read_golden(tmp_path)
