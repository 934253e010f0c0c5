"""The labelled attributes of DeepFashion, on lists generated in the exact layout."""

import random
from collections.abc import Callable
from pathlib import Path

import pytest

from contracts.errors import CatalogueError
from model.catalogue.opening import open_catalogue
from tests.model.deepfashion_sample import (
    ROWS,
    A,
    B,
    C,
    D,
    replaced,
)
from tests.model.deepfashion_tree import DeepFashionTree, Row, image_name, write_attributes


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return DeepFashionTree(ROWS).write(tmp_path / "DeepFashion")


class TestLabelledAttributes:
    ATTRIBUTES = (("a-line", 3), ("abstract chevron print", 1), ("floral", 1), ("lace", 2), ("sweet", 5))
    VALUES = {A: (1, 1, 1, -1, 0), B: (1, 1, 1, 1, 1), C: (-1, -1, 0, -1, -1), D: (-1, -1, 1, 1, 1)}  # noqa: RUF012

    @pytest.fixture
    def anno(self, root: Path) -> Path:
        write_attributes(root / "Anno", self.ATTRIBUTES, self.VALUES)
        return root / "Anno"

    def test_one_column_a_type_names_joined(self, anno: Path) -> None:
        items = open_catalogue(anno.parent).items
        assert [dict(item.attributes) for item in items] == [
            {"category": "Blouse", "texture": "abstract chevron print | floral", "shape": "a-line"},
            {"category": "Tee"},
            {"category": "Tee", "texture": "floral", "fabric": "lace", "style": "sweet"},
        ]

    def test_left_out_on_request_and_overruled_by_attributes_csv(self, anno: Path) -> None:
        (anno.parent / "attributes.csv").write_text(f"id,texture\n{D},plain\n")
        item = open_catalogue(anno.parent, with_attributes=False).items[-1]
        assert dict(item.attributes) == {"category": "Tee", "texture": "plain"}
        assert open_catalogue(anno.parent).items[-1].attributes["texture"] == "plain"

    def test_agrees_with_a_plain_parser_on_many_rows(self, tmp_path: Path) -> None:
        rng = random.Random(7)
        attributes = [(f"attribute {number}", number % 5 + 1) for number in range(1000)]
        values = {
            image_name("Top", number): rng.choices((-1, 0, 1), (90, 5, 5), k=1000)
            for number in rng.sample(range(999), 300)
        }
        root = DeepFashionTree([Row(image) for image in sorted(values)]).write(tmp_path / "many")
        write_attributes(root / "Anno", attributes, values)
        for item in open_catalogue(root).items:
            expected: dict[str, list[str]] = {}
            for (name, number), value in zip(attributes, values[item.id], strict=True):
                if value == 1:
                    expected.setdefault(("texture", "fabric", "shape", "part", "style")[number - 1], []).append(name)
            found = {column: value.split(" | ") for column, value in item.attributes.items() if column != "category"}
            assert found == expected

    @pytest.mark.parametrize(
        ("change", "message"),
        [
            (
                replaced(" 1  1  1 -1  0", " 1  1  1 -1"),
                "line 3: has 4 values, but list_attr_cloth.txt has 5 attributes",
            ),
            (replaced(" 1  1  1 -1  0", " 1  1  1 -1  0  0"), "line 3: has 6 values"),
            (replaced("-1 -1  1  1  1", "-1 -1  1  1  2"), "line 6: value '2' is not -1, 0 or 1; copy"),
            (replaced("-1 -1  1  1  1", "-1 -1  1  1 11"), "line 6: value '11' is not"),
            (replaced("-1 -1  1  1  1", "-1 -11 1  1  1"), "line 6: value '-11' is not"),
            (replaced("-1 -1  1  1  1", "-1  -  1  1  1"), "line 6: value '-' is not"),
            (replaced("-1 -1  1  1  1", "-1 -1  1  1  é"), "line 6: value 'é' is not"),
            (replaced(B, A), f"line 4: {A} is also on line 3; remove"),
            (replaced(B, "img/x.jpg"), r"line 4: img/x\.jpg is not in .*list_category_img\.txt; add"),
            (replaced("4\n", "5\n"), "line 1: says 5 rows, but there are 4; copy"),
            (replaced(B, "\n" + B), "line 4: is blank; remove"),
            (lambda text: "", "line 1: says  rows, but there are 0"),
        ],
    )
    def test_faults(self, anno: Path, change: Callable[[str], str], message: str) -> None:
        path = anno / "list_attr_img.txt"
        path.write_text(change(path.read_text()))
        with pytest.raises(CatalogueError, match=rf"list_attr_img\.txt, {message}"):
            open_catalogue(anno.parent)

    def test_one_value_too_few_and_the_next_row_one_too_many(self, anno: Path) -> None:
        path = anno / "list_attr_img.txt"
        changed = (
            path.read_text().replace("-1 -1  0 -1 -1", "-1 -1  0 -1").replace("-1 -1  1  1  1", "-1 -1  1  1  1  1")
        )
        path.write_text(changed)
        with pytest.raises(CatalogueError, match="line 5: has 4 values"):
            open_catalogue(anno.parent)

    def test_a_name_that_looks_like_a_value_hides_no_short_row(self, tmp_path: Path) -> None:
        root = DeepFashionTree([Row("0"), Row("1")]).write(tmp_path / "numbers")
        write_attributes(root / "Anno", self.ATTRIBUTES, {"0": (1, 0, 1, 0), "1": (1, 0, 1, 0, 1, 0)})
        with pytest.raises(CatalogueError, match="line 3: has 4 values"):
            open_catalogue(root)

    def test_an_image_without_values_is_named(self, anno: Path) -> None:
        _, header, *rows = (anno / "list_attr_img.txt").read_text().splitlines()
        (anno / "list_attr_img.txt").write_text("\n".join(["3", header, *rows[:3]]))
        with pytest.raises(
            CatalogueError, match=rf"list_category_img\.txt, line 6: {D} is not in .*list_attr_img\.txt"
        ):
            open_catalogue(anno.parent)

    def test_faults_of_the_names(self, anno: Path) -> None:
        path = anno / "list_attr_cloth.txt"
        text = path.read_text()
        path.write_text(text[:-2] + "6\n")
        with pytest.raises(CatalogueError, match=r"list_attr_cloth\.txt, line 7: 'sweet' has type 6; types are 1 to 5"):
            open_catalogue(anno.parent)
        path.unlink()
        with pytest.raises(CatalogueError, match=r"list_attr_cloth\.txt is missing"):
            open_catalogue(anno.parent)
