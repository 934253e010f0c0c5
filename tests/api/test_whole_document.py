"""Requests that are made up from `/openapi.json`, good and bad ones, get the answers that it promises."""

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from api.settings import ApiSettings
from index.bundle import Bundle
from tests.api.fake_embedder import FakeEmbedder
from tests.api.live_catalogue import live_app, make_database
from tests.browser.shop import serve_app

pytestmark = pytest.mark.services

_EXAMPLES = "12"
# The refusals of a busy service are promised too.
_SETTINGS = """
[checks]
not_a_server_error.expected-statuses = ["2xx", "3xx", "4xx", 503, 504]
# A document cannot say that `seed` goes with `sample=random`, or that a picture has at least 8 x 8 pixels.
positive_data_acceptance.enabled = false
# A condition that does not hold is told before the body is looked at.
negative_data_rejection.expected-statuses = [400, 401, 403, 404, 405, 409, 412, 415, 422, "5xx"]

# Any text is a feed until it is read, also one that was made from an object.
[[operations]]
include-name = "POST /imports"
checks.negative_data_rejection.enabled = false
"""


@pytest.fixture(scope="module")
def address(bundle: Bundle, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("live")
    url = make_database(folder / "catalogue.db", bundle)
    with serve_app(live_app(folder, bundle, ApiSettings(), FakeEmbedder(), url)) as running:
        yield running.rstrip("/")


def test_no_answer_breaks_the_promises_of_the_document(address: str, tmp_path: Path) -> None:
    (tmp_path / "schemathesis.toml").write_text(_SETTINGS)
    command = [sys.executable, "-m", "schemathesis.cli", "--no-color", "run", f"{address}/openapi.json"]
    done = subprocess.run(
        [*command, "--max-examples", _EXAMPLES, "--seed", "1", "--continue-on-failure"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert re.search(r"Selected: (\d+)/\1\n +Tested: \1\n", done.stdout), done.stdout
