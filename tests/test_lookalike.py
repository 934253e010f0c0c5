"""The console command: exit statuses, where it writes, what it says."""

import functools
import re
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image

from contracts.sizes import size_in_words
from lookalike import __version__, main


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-m", "lookalike", *arguments], capture_output=True, text=True, check=False)


def run_here(capsys: pytest.CaptureFixture[str], *arguments: str) -> subprocess.CompletedProcess[str]:
    """The same in this process, which has loaded most of what takes long to load."""
    status = main(arguments)
    printed = capsys.readouterr()
    return subprocess.CompletedProcess(arguments, status, printed.out, printed.err)


VERBS = [
    ["train"],
    ["extract"],
    ["extract-worker"],
    ["index"],
    ["index", "build"],
    ["index", "list"],
    ["index", "promote"],
    ["index", "rollback"],
    ["index", "diff"],
    ["evaluate"],
    ["benchmark"],
    ["benchmark", "extract"],
    ["benchmark", "extract-workers"],
    ["benchmark", "http"],
    ["benchmark", "search"],
    ["plan"],
    ["check"],
    ["serve"],
    ["demo"],
]


@pytest.mark.parametrize("verb", [[], *VERBS], ids=" ".join)
def test_help_goes_to_stdout(verb: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main([*verb, "--help"])
    assert ended.value.code == 0
    printed = capsys.readouterr()
    assert printed.out.startswith("usage: ")
    assert "%%" not in printed.out
    assert printed.err == ""


def test_the_version_is_the_one_of_the_package(capsys: pytest.CaptureFixture[str]) -> None:
    assert re.fullmatch(r"\d+\.\d+\.\d+", __version__)
    with pytest.raises(SystemExit) as ended:
        main(["--version"])
    assert ended.value.code == 0
    assert capsys.readouterr().out == f"lookalike {__version__}\n"


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["fly"],
        ["extract"],
        ["extract", "somewhere"],
        ["extract", "somewhere", "--out", "x", "--batch-size", "0"],
        ["extract", "somewhere", "--out", "x", "--network", "resnet50", "--checkpoint", "y"],
        ["extract", "somewhere", "--out", "x", "--shared", "y"],
        ["extract", "somewhere", "--out", "x", "--on-workers", "--precision", "float32"],
        ["serve", "x", "--port", "99999"],
        ["serve", "x", "--port", "-1", "--only", "api"],
        ["demo", "--port", "65536"],
        ["index", "build", "x", "--out", "y", "--components", "0"],
        ["index", "build", "x", "--out", "y", "--components", "1.5"],
        ["evaluate", "--gallery", "a", "--queries", "b", "--out", "c", "--relevant", "type,,colour"],
    ],
    ids=" ".join,
)
def test_wrong_usage_is_status_2(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    assert ended.value.code == 2
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["extract", "nowhere.csv", "--out", "x"], "nowhere.csv"),
        (["index", "build", "nowhere", "--out", "x"], "lookalike extract"),
        (["serve", "nowhere"], "lookalike index build"),
        (["serve", "nowhere", "--only", "api", "--port", "0"], "lookalike index build"),
        (["serve", "nowhere", "--only", "worker"], "lookalike index build"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else None,
)
def test_failures_are_status_1_and_a_sentence(
    arguments: list[str], said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).resolve().parents[1]))
    ended = run(*arguments)
    assert ended.returncode == 1
    assert ended.stdout == ""
    assert ended.stderr.splitlines()[-1].startswith("lookalike: ")
    assert said in ended.stderr
    assert "Traceback" not in ended.stderr


def test_the_offline_way(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run = functools.partial(run_here, capsys)

    pictures = tmp_path / "shop"
    for kind, colour in (("Tee", "red"), ("Hoodie", "blue"), ("Tank", "green")):
        (pictures / kind).mkdir(parents=True)
        for number in range(4):
            Image.new("RGB", (40 + number, 50), colour).save(pictures / kind / f"{number}.png")
    (pictures / "Tee" / "torn.jpg").write_bytes(b"\xff\xd8\xff torn")
    embeddings, bundles = str(tmp_path / "embeddings"), str(tmp_path / "bundles")
    extracted = run("extract", str(pictures), "--out", embeddings, "--network", "efficientnet_lite0")
    assert extracted.returncode == 0, extracted.stderr
    assert "12 added, 0 changed, 0 removed, 1 unreadable" in extracted.stdout
    assert "Extracting" in extracted.stderr
    again = run("extract", str(pictures), "--out", embeddings)  # takes the folder's own network
    assert "0 added, 0 changed, 0 removed, 1 unreadable, 12 unchanged" in again.stdout
    built = run("index", "build", embeddings, "--out", bundles, "--components", "0.9")
    assert built.returncode == 0, built.stderr
    assert "12 items" in built.stdout
    assert "of the variance" in built.stdout
    assert run("index", "build", embeddings, "--out", bundles).returncode == 0
    listed = run("index", "list", bundles)
    assert [line[0] for line in listed.stdout.splitlines()].count("*") == 1
    assert len(listed.stdout.splitlines()) == 2


@pytest.mark.training
def test_the_articles_recipe_and_options_that_are_not_its_own(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = functools.partial(run_here, capsys)
    shop = tmp_path / "shop"
    for kind, colour in (("Tee", "red"), ("Hoodie", "blue")):
        (shop / kind).mkdir(parents=True)
        for number in range(20):
            Image.new("RGB", (40 + number, 50), colour).save(shop / kind / f"{number}.png")
    (shop / "Tee").rename(tmp_path / "elsewhere")
    (shop / "Tee").symlink_to(tmp_path / "elsewhere")
    article = ["train", str(shop), "--out", str(tmp_path / "out"), "--recipe", "article", "--input-size", "32"]
    refused = run(*article, "--teacher", "shipped")
    assert refused.returncode == 1
    assert "--teacher belongs to the other recipe" in refused.stderr
    trained = run(*article, "--network", "efficientnet_lite0", "--epochs", "1", "--follow-links")
    assert trained.returncode == 0, trained.stderr
    zero, first, done, sentence = trained.stdout.splitlines()
    assert zero.startswith("epoch   0  top-1 test ")
    assert first.startswith("epoch   1  top-1 train ")
    assert "2 classes, epoch 1 of 1" in done
    assert "within the noise" in sentence


@pytest.mark.training
def test_training_and_evaluating(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run = functools.partial(run_here, capsys)

    shop = tmp_path / "shop"
    for kind, colour in (("Tee", "red"), ("Hoodie", "blue")):
        (shop / kind).mkdir(parents=True)
        for number in range(20):
            Image.new("RGB", (40 + number, 50), colour).save(shop / kind / f"{number}.png")
    checkpoint, embeddings = str(tmp_path / "checkpoint"), str(tmp_path / "embeddings")
    trained = run("train", str(shop), "--out", checkpoint, "--epochs", "1", "--input-size", "32")
    assert trained.returncode == 0, trained.stderr
    assert "learned category (2 values), epoch 1 of 1" in trained.stdout
    assert "Training: 100%" in trained.stderr
    assert "epoch 1 of 1, loss " in trained.stderr
    extracted = run("extract", str(shop), "--out", embeddings, "--checkpoint", checkpoint)
    assert extracted.returncode == 0, extracted.stderr
    report = ["--gallery", embeddings, "--queries", embeddings, "--relevant", "category", "--out", str(tmp_path / "r")]
    evaluated = run("evaluate", *report)
    assert evaluated.returncode == 0, evaluated.stderr
    assert "40 queries in 40 items" in evaluated.stdout
    # Two plain colours: whatever the head learned, a red picture is nearest to a red one.
    assert "1     1.000     1.000" in evaluated.stdout
    assert (tmp_path / "r" / "metrics.json").is_file()


def test_diff_says_that_it_takes_one_version_or_two(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["index", "diff", "--help"])
    assert " ".join(capsys.readouterr().out.split()).find("BUNDLES VERSION [VERSION]") > 0


@pytest.mark.parametrize(
    ("size_bytes", "words"),
    [
        (0, "0 bytes"),
        (1, "1 byte"),
        (999, "999 bytes"),
        (9_216, "9.2 kB"),
        (999_949, "999.9 kB"),
        (999_950, "1.0 MB"),
        (286_124_032, "286.1 MB"),
        (2_500_000_000_000, "2,500.0 GB"),
    ],
)
def test_small_sizes_are_not_nothing(size_bytes: int, words: str) -> None:
    assert size_in_words(size_bytes) == words
