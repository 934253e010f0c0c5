"""Sets of queries as the command line names them, and what each is judged by."""

import json
from pathlib import Path

import numpy as np
import pytest

from contracts.errors import EmbeddingsError
from contracts.items import Item
from evaluation.evaluated_set import EvaluatedSet
from evaluation.query_sets import QuerySet, query_sets, without_comparison
from evaluation.set_settings import PreparedSet, prepare_set
from evaluation.settings import Settings
from evaluation.sources import Sources
from tests.evaluation.sets import make, settings

GALLERY = Path("shop")
SHOP = [
    Item(str(row), "", {"type": kind, "colour": "red", "title": str(row)}) for row, kind in enumerate(("Caps", "Tops"))
]


@pytest.fixture
def class_map(tmp_path: Path) -> str:
    path = tmp_path / "map.json"
    path.write_text(json.dumps({"hat": ["Caps"]}))
    return str(path)


def test_a_set_is_called_as_it_was_named_or_like_its_folder(tmp_path: Path) -> None:
    odd = tmp_path / "lr=0.1"
    odd.mkdir()
    sets = query_sets(GALLERY, ["phone=a/b", "c/street", str(odd), "x/y=z"])
    assert [(one.sources.name, one.sources.queries) for one in sets] == [
        ("phone", Path("a/b")),
        ("street", Path("c/street")),
        ("lr=0.1", odd),
        ("y=z", Path("x/y=z")),
    ]
    assert all(one.sources.gallery == GALLERY and not one.sources.held_out for one in sets)


def test_without_queries_what_is_held_out_of_the_gallery_is_asked_for() -> None:
    (only,) = query_sets(GALLERY, [])
    assert (only.sources.queries, only.sources.held_out, only.sources.name) == (GALLERY, True, "shop")


def test_options_are_for_all_sets_or_for_one(class_map: str, tmp_path: Path) -> None:
    other = tmp_path / "other.json"
    other.write_text(json.dumps({"top": ["Tops"]}))
    sets = query_sets(
        GALLERY,
        ["products=shop", "phone=p", "street=s"],
        class_maps=[class_map, f"street={other}"],
        query_partitions=["street=test"],
        held_out=["products", "street"],
    )
    assert [one.sources.held_out for one in sets] == [True, False, True]
    assert [one.sources.query_partition for one in sets] == [None, None, "test"]
    assert [(list(one.class_map or ()), one.class_map_is_own) for one in sets] == [
        (["hat"], False),
        (["hat"], False),
        (["top"], True),
    ]
    assert all(one.sources.held_out for one in query_sets(GALLERY, ["a=a", "b=b"], held_out=[]))
    (alone,) = query_sets(GALLERY, ["p"], class_maps=[class_map])
    assert alone.class_map_is_own


def test_the_other_network_has_a_folder_for_each_set() -> None:
    queries = ["products=shop", "phone=p", "street=s"]
    for against in (["new", "other-p", "other-s"], ["new", "street=other-s", "phone=other-p"]):
        others = without_comparison(query_sets(GALLERY, queries, against=against))
        assert [one.sources.gallery for one in others] == [Path("new")] * 3
        assert [one.sources.queries for one in others] == [Path("new"), Path("other-p"), Path("other-s")]
    with pytest.raises(EmbeddingsError, match=r"needs 3 folders here, not 2: .*GALLERY phone=FOLDER street=FOLDER"):
        query_sets(GALLERY, queries, against=["new", "other-p"])
    with pytest.raises(EmbeddingsError, match="names the set 'phon'"):
        query_sets(GALLERY, queries, against=["new", "phon=a", "street=b"])


@pytest.mark.parametrize(
    ("queries", "options", "said"),
    [
        (["a/x", "b/x"], {}, "two sets of queries are called 'x': a/x and b/x"),
        (["x=a", "x=b"], {}, "two sets of queries are called 'x'"),
        ([" =a"], {}, "needs a name of 1 to 40 characters"),
        (["x" * 41 + "=a"], {}, "needs a name of 1 to 40 characters"),
        (["x=a"], {"held_out": ["y"]}, "--held-out names the set 'y', but the sets of queries are x"),
        (["x=a"], {"class_maps": ["y=b.json"]}, "--class-map names the set 'y'"),
        (["x=a"], {"query_partitions": ["test", "val"]}, "--query-partition is given twice for all sets"),
        (["x=a"], {"query_partitions": ["x=test", "x=val"]}, "--query-partition is given twice for the set 'x'"),
        (["x=a"], {"class_maps": ["nowhere.json"]}, "nowhere.json cannot be read"),
    ],
)
def test_what_names_no_set(queries: list[str], options: dict[str, list[str]], said: str) -> None:
    with pytest.raises(EmbeddingsError) as error:
        query_sets(GALLERY, queries, **options)  # type: ignore[arg-type]
    assert said in str(error.value)


def prepared(
    queries: list[Item], asked: Settings, class_map: dict[str, frozenset[str]] | None, *, own: bool = False
) -> PreparedSet:
    evaluated: EvaluatedSet = make(queries, np.ones((len(queries), 3)))
    one = QuerySet(Sources(GALLERY, Path("q"), name="phone"), class_map, class_map_is_own=own)
    return prepare_set(one, SHOP, evaluated, asked, alone=False)


CLASS_MAP = {"hat": frozenset({"Caps"}), "top": frozenset({"Tops", "Rompers"})}
PHOTOS = [Item("a", "", {"category": "hat"}), Item("b", "", {"category": "top"})]


def test_a_map_for_all_sets_is_for_those_that_need_one() -> None:
    assert prepared(PHOTOS, settings(["type"]), CLASS_MAP).settings.class_map == CLASS_MAP
    assert prepared(SHOP, settings(["type"]), CLASS_MAP).settings.class_map is None
    assert prepared([*PHOTOS, *SHOP], settings(["type"]), CLASS_MAP, own=True).settings.class_map == CLASS_MAP


def test_a_definition_that_a_set_cannot_answer_is_left_out_and_said() -> None:
    both = settings(["type"], ["type", "colour"])
    photos = prepared(PHOTOS, both, CLASS_MAP)
    assert photos.settings.relevant == [["type"]]
    assert "Not judged by type and colour: no query of this set has colour." in photos.queries.notes
    assert prepared(SHOP, both, CLASS_MAP).settings.relevant == [["type"], ["type", "colour"]]
    with pytest.raises(
        EmbeddingsError, match=r"of the set 'phone' has .*\(type\); its items have category: .*--class-map phone=FILE"
    ):
        prepared(PHOTOS, settings(["type"]), None)
    with pytest.raises(EmbeddingsError, match="no gallery item has the attribute 'sleeve'"):
        prepared(PHOTOS, settings(["type"], ["sleeve"]), CLASS_MAP)


def test_a_map_with_gaps_and_unknown_values_is_said() -> None:
    scarf = Item("c", "", {"category": "scarf"})
    notes = prepared([*PHOTOS, scarf, scarf], settings(["type"]), CLASS_MAP).queries.notes
    assert any("2 queries were left out because the class map lacks their class: scarf (2);" in note for note in notes)
    assert any("names values of type that no item of the gallery has: Rompers (for top);" in note for note in notes)
    # Of classes that nobody asks for, nothing need be known.
    assert not any("Rompers" in note for note in prepared(PHOTOS[:1], settings(["type"]), CLASS_MAP).queries.notes)


def test_a_single_class_is_said() -> None:
    notes = prepared(PHOTOS[:1], settings(["type"]), CLASS_MAP).queries.notes
    assert any(note.startswith("All judged queries are of one class, hat:") for note in notes)
    assert not any("one class" in note for note in prepared(PHOTOS, settings(["type"]), CLASS_MAP).queries.notes)


def test_queries_are_resampled_by_what_they_have() -> None:
    asked = settings(["type"], group="title")
    assert prepared(SHOP, asked, None).settings.group == "title"
    photos = prepared(PHOTOS, asked, CLASS_MAP)
    assert photos.settings.group is None
    assert "No query of this set has title, by which others are resampled together." in photos.queries.notes
