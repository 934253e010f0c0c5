"""`lookalike plan`: what it prints, what it refuses, and the table of docs/scale.md."""

import json
import re
from pathlib import Path

import pytest

from commands.planning import constants as known
from lookalike import main

SCALE = Path(__file__).parents[3] / "docs" / "scale.md"
SHOP = ["--items", "100000", "--photos-per-second", "5"]


def printed(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    assert main(["plan", *arguments]) == 0
    out = capsys.readouterr()
    assert out.err == ""
    return out.out


def test_each_line_has_its_reason_and_its_constants(capsys: pytest.CaptureFixture[str]) -> None:
    text = printed(capsys, *SHOP)
    assert re.search(r"^workers +1 process  with 2 cores each, .*one GPU each, which was not measured$", text, re.M)
    assert re.search(r"^ +\[photos_of_two_cores, detection, cores_of_a_worker, load\]$", text, re.M)
    assert re.search(r"^  photos_of_two_cores +124 photos/s, measured \(docs/measured\.md\): ", text, re.M)


def test_json_has_the_same(capsys: pytest.CaptureFixture[str]) -> None:
    plan = json.loads(printed(capsys, *SHOP, "--json"))
    assert plan["demand"]["items"] == 100_000
    names = {name for need in plan["needs"] for name in need["constants"]}
    assert names == set(plan["constants"])
    assert {need["unit"] for need in plan["needs"]} == {"processes", "cores", "bytes", "seconds"}


def test_changes_make_a_catalogue_live(capsys: pytest.CaptureFixture[str]) -> None:
    assert "database" not in printed(capsys, *SHOP)
    live = printed(capsys, *SHOP, "--live")
    assert re.search(r"^database ", live, re.M)
    assert re.search(r"^importer memory ", printed(capsys, *SHOP, "--changes-per-hour", "1"), re.M)


def test_the_size_of_pictures_can_be_said(capsys: pytest.CaptureFixture[str]) -> None:
    plan = json.loads(printed(capsys, *SHOP, "--picture-kb", "50", "--json"))
    (pictures,) = (need for need in plan["needs"] if need["part"] == "pictures")
    assert (pictures["amount"], pictures["constants"]) == (5_000_000_000, [])


def test_the_table_of_the_page_is_what_the_command_prints(capsys: pytest.CaptureFixture[str]) -> None:
    table = printed(capsys, "--table")
    (shown,) = re.findall(r"<!-- lookalike plan --table -->\n\n(.*)\n<!-- end -->", SCALE.read_text(), re.DOTALL)
    assert shown == table


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([], "say --items N and --photos-per-second R"),
        (["--items", "5"], "say --items N and --photos-per-second R"),
        (["--items", "0"], "'0' is no number of items: give a whole number from 1 to 2147483647"),
        (["--items", "2147483648"], "'2147483648' is no number of items"),
        (["--items", "1e6"], "'1e6' is no number of items"),
        (["--items", "9" * 5000], "is no number of items"),
        (["--photos-per-second", "-1"], "'-1' is no rate a second: give a number from 0 to 1000000"),
        (["--photos-per-second", "nan"], "'nan' is no rate a second"),
        (["--photos-per-second", "inf"], "'inf' is no rate a second"),
        (["--searches-per-second", "many"], "'many' is no rate a second"),
        (
            ["--changes-per-hour", "700000"],
            "more than 193 a second was never measured): give a number from 0 to 694800",
        ),
        (["--picture-kb", ""], "'' is no size in kB"),
        ([*SHOP, "--json", "--table"], "not allowed with"),
    ],
)
def test_bad_input_is_a_sentence(arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["plan", *arguments])
    assert ended.value.code == 2
    shown = capsys.readouterr()
    assert shown.out == ""
    assert said in " ".join(shown.err.split())
    assert len(shown.err) < 1_500


def test_the_most_that_is_accepted_can_be_planned(capsys: pytest.CaptureFixture[str]) -> None:
    most = ["--items", f"{known.MOST_ITEMS.value:.0f}", "--photos-per-second", "1e6", "--searches-per-second", "1e6"]
    assert "extrapolated" in printed(capsys, *most, "--changes-per-hour", "694800", "--picture-kb", "1e6")
