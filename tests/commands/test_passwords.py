"""A password on the command line can be read by other users; whoever gives one is told."""

import pytest

import lookalike
from tests.free_port import free_port


@pytest.mark.parametrize("address", ["me:geheim@{}/shop", "me@{}/shop?password=geheim"])
@pytest.mark.parametrize(
    "verb", [["import", "feed.csv", "--bundles", "b", "--database"], ["index", "build", "--out", "b"]]
)
def test_a_password_on_the_command_line_is_spoken_of_and_not_repeated(
    verb: list[str], address: str, capsys: pytest.CaptureFixture[str]
) -> None:
    url = f"postgresql://{address.format(f'127.0.0.1:{free_port()}')}"
    assert lookalike.main([*verb, url]) == 1
    said = "".join(capsys.readouterr())
    assert "stands in the list of processes" in said
    assert "LOOKALIKE_DATABASE_URL_FILE" in said
    assert "geheim" not in said


def test_an_address_without_one_is_not_spoken_of(capsys: pytest.CaptureFixture[str]) -> None:
    for address in ("sqlite:////proc/nowhere/x.db", f"postgresql://me@127.0.0.1:{free_port()}/shop"):
        assert lookalike.main(["import", "feed.csv", "--bundles", "b", "--database", address]) == 1
    assert "list of processes" not in "".join(capsys.readouterr())
