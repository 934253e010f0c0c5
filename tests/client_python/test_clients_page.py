"""The Python examples of docs/clients.md and of the client's README run as they stand, against a real service."""

import re
from pathlib import Path
from typing import Any

import pytest

from tests.browser.live_shop import KEY, LiveShop

REPOSITORY = Path(__file__).parents[2]
PAGES = (REPOSITORY / "docs" / "clients.md", REPOSITORY / "clients" / "python" / "README.md")


def examples(page: Path) -> str:
    """All of a page's Python blocks, one after the other."""
    return "\n".join(re.findall(r"^```python\n(.*?)^```$", page.read_text(), re.DOTALL | re.MULTILINE))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_its_examples_run(
    page: Path,
    shop: LiveShop,
    photo: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    program = examples(page)
    assert program.count("https://search.shop.example") >= 1
    assert "the-secret-key" in program
    program = program.replace("https://search.shop.example", shop.address).replace("the-secret-key", KEY)
    (tmp_path / "photo.jpg").write_bytes(photo.read_bytes())
    (tmp_path / "feed.csv").write_text("id,image\nshirt-2,https://shop.example/2.jpg\n")
    monkeypatch.chdir(tmp_path)
    names: dict[str, Any] = {"__name__": page.stem}
    exec(compile(program, page.name, "exec"), names)
    names["client"].close()
    printed = capsys.readouterr().out
    assert re.search(r"^1 0\.99\d* new arrivals/0", printed, re.MULTILINE)
    assert page.name == "README.md" or "415 unsupported_media_type" in printed
