"""`lookalike index build` and `promote`: what they say about columns, and what decides their kinds."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from index.current_version import current_version
from index.listing import list_bundles
from lookalike import main
from storage.embeddings_folder import write_embeddings
from tests.index.version_folders import shop


def index(*words: object) -> int:
    return main(["index", *map(str, words)])


def write_shop(folder: Path, prices: Mapping[int, str] | None = None) -> Path:
    """Embeddings of a shop whose prices are numbers, except for some."""
    whole = shop(60)
    prices = prices or {}
    items = [
        replace(
            item,
            attributes={
                **item.attributes,
                "price": prices.get(row, f"{row},50 EUR"),
                "sizes": ("S", "S|M", "M")[row % 3],
            },
        )
        for row, item in enumerate(whole.items)
    ]
    write_embeddings(folder, replace(whole, items=items))
    return folder


def test_a_build_names_the_columns_and_the_values_that_are_missing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    embeddings = write_shop(tmp_path / "embeddings", {7: "on request"})
    assert index("build", embeddings, "--out", tmp_path / "bundles", "--components", "8", "--list", "sizes") == 0
    said = capsys.readouterr().out
    assert "columns of numbers: price\n" in said
    assert "columns of lists: sizes\n" in said
    assert "price: 1 value is not a number and counted as missing, such as 'on request' of item i7\n" in said
    report = tmp_path / "bundles" / current_version(tmp_path / "bundles") / "attribute_problems.csv"
    assert f"all such values: {report}\n" in said
    assert report.read_text() == "item,column,value\ni7,price,on request\n"


def test_a_build_says_which_columns_stay_text_and_what_decides_otherwise(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    prices = dict.fromkeys(range(10), "TBD")
    embeddings = write_shop(tmp_path / "embeddings", prices)
    assert index("build", embeddings, "--out", tmp_path / "bundles", "--components", "8") == 0
    said = capsys.readouterr().out
    assert "price stays text, because 10 of 60 values are not numbers, such as 'TBD'; `--number price` counts" in said
    assert "sizes stays text; if 'S|M' is a list, `--list sizes` splits it" in said
    assert "columns of numbers" not in said
    whole = write_shop(tmp_path / "thousands", {row: f"{row + 1},000" for row in range(60)})
    assert index("build", whole, "--out", tmp_path / "bundles", "--components", "8", "--text", "sizes") == 0
    assert "numbers such as '1,000' may have thousands or decimals; `--number price` reads thousands" in (
        capsys.readouterr().out
    )


def test_a_change_of_kind_needs_a_word(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    bundles = tmp_path / "bundles"
    build = ("build", write_shop(tmp_path / "embeddings"), "--out", bundles, "--components", "8")
    assert index(*build) == 0
    assert index(*build, "--text", "price", "--promote", "--offline", "--sample", "5") == 1
    refused = capsys.readouterr().err
    assert "column kinds: price number -> text" in refused
    assert "--allow-kind price" in refused
    (version,) = (bundle.version for bundle in list_bundles(bundles) if not bundle.is_current)
    assert index("promote", bundles, version, "--offline", "--sample", "5", "--allow-kind", "sizes,title") == 1
    assert (
        index(
            "promote", bundles, version, "--offline", "--sample", "5", "--allow-kind", "title", "--allow-kind", "price"
        )
        == 0
    )
    assert current_version(bundles) == version


def test_options_that_contradict_each_other_or_name_nothing_are_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    embeddings = write_shop(tmp_path / "embeddings")
    with pytest.raises(SystemExit) as ended:
        index("build", embeddings, "--out", tmp_path / "bundles", "--number", "price", "--text", "title,price")
    assert ended.value.code == 2
    assert "--number names 'price' too" in capsys.readouterr().err
    for options in (("--list", "colours"), ("--number", "title")):
        assert index("build", embeddings, "--out", tmp_path / "bundles", *options) == 1
        assert options[1] in capsys.readouterr().err
    assert not (tmp_path / "bundles").exists()
