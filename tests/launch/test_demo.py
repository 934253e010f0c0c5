"""The whole way once, as a newcomer goes it: `lookalike demo`, its page, its curl lines, Ctrl-C."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
import redis
from PIL import Image, ImageDraw

from storage.run_file import RUN_FILE, embedded_redis_url
from tests.free_port import free_port

pytestmark = [pytest.mark.services, pytest.mark.timeout(300)]

ROOT = Path(__file__).resolve().parents[2]
KEY = "a-key-of-19-letters"


def draw_shop(folder: Path) -> None:
    """Thirty garments of two kinds in as many colours."""
    for number in range(30):
        kind = ("Tee", "Trousers")[number % 2]
        image = Image.new("RGB", (90, 120), "white")
        colour = ((number * 53) % 256, (number * 97) % 256, (number * 31) % 256)
        draw = ImageDraw.Draw(image)
        if kind == "Tee":
            draw.polygon(
                [(5, 30), (30, 12), (60, 12), (85, 30), (72, 48), (66, 42), (66, 108), (24, 108), (24, 42)], colour
            )
        else:
            draw.polygon([(25, 8), (65, 8), (75, 115), (52, 115), (45, 45), (38, 115), (15, 115)], colour)
        (folder / kind).mkdir(parents=True, exist_ok=True)
        image.save(folder / kind / f"{number:02} a&b.jpg")


class Demo:
    """A running `lookalike demo` in a folder of its own."""

    def __init__(self, folder: Path, *arguments: str, **settings: str) -> None:
        self.port = free_port()
        self.out, self.err = folder / f"out-{self.port}", folder / f"err-{self.port}"
        environment = {key: value for key, value in os.environ.items() if key != "REDIS_URL"}
        command = [sys.executable, "-m", "lookalike", "demo", "--port", str(self.port), *arguments]
        with self.out.open("wb") as out, self.err.open("wb") as err:
            self.process = subprocess.Popen(
                command, cwd=folder, stdout=out, stderr=err, env={**environment, "PYTHONPATH": str(ROOT), **settings}
            )

    def printed(self) -> str:
        """What stands on stdout once it is ready."""
        while "Ctrl-C" not in self.out.read_text():
            assert self.process.poll() is None, self.err.read_text()
            time.sleep(0.1)
        return self.out.read_text()

    def status(self, path: str, *options: str) -> str:
        """The status of an answer; 000 if there is none."""
        command = ["curl", "-s", "-o", "/dev/null", "-w", "%{http_code}", *options]
        command.append(f"http://127.0.0.1:{self.port}{path}")
        return subprocess.run(command, capture_output=True, text=True, check=False).stdout

    def descendants(self) -> list[psutil.Process]:
        return psutil.Process(self.process.pid).children(recursive=True)

    def stop(self) -> int:
        self.process.send_signal(signal.SIGINT)
        return self.process.wait(60)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("demo")
    draw_shop(folder / "my shop")
    return folder


@pytest.fixture(scope="module")
def demo(folder: Path) -> Iterator[Demo]:
    running = Demo(folder, "--catalogue", "my shop")
    yield running
    if running.process.poll() is None:
        running.process.kill()
        running.process.wait()


@pytest.fixture(scope="module")
def printed(demo: Demo) -> str:
    return demo.printed()


def test_the_printed_curl_lines_work_when_pasted(demo: Demo, printed: str, folder: Path) -> None:
    lines = [line.strip() for line in printed.splitlines() if line.strip().startswith("curl ")]
    assert len(lines) == 2
    for line in lines:
        pasted = subprocess.run(["bash", "-c", line], capture_output=True, text=True, check=True, cwd=folder)
        answer = json.loads(pasted.stdout)
        assert len(answer["items"]) == 3
        scores = [item["score"] for item in answer["items"]]
        assert scores == sorted(scores, reverse=True)
        assert answer["index"]["items"] == 30


def test_a_photo_finds_its_own_kind(demo: Demo, printed: str, folder: Path) -> None:
    photo = folder / "my shop" / "Trousers" / "01 a&b.jpg"
    command = ["curl", "-sF", f"image=@{photo}", f"http://127.0.0.1:{demo.port}/similar?limit=5"]
    answer = json.loads(subprocess.run(command, capture_output=True, check=True).stdout)
    assert answer["items"][0]["id"] == "Trousers/01 a&b.jpg"
    assert answer["items"][0]["score"] > 0.99
    assert answer["items"][0]["attributes"] == {"category": "Trousers"}
    assert answer["query"]["width"] == 90


def test_items_can_be_changed_without_any_setting(demo: Demo, printed: str) -> None:
    path = "/items/Tee/00%20a&b.jpg"
    patch = ["-X", "PATCH", "-H", "Content-Type: application/merge-patch+json", "-d", '{"price": "17"}']
    deadline = time.monotonic() + 30
    # Once the importer has taken the items over.
    while demo.status(path, *patch) != "200":
        assert time.monotonic() < deadline, demo.err.read_text()
        time.sleep(0.2)
    with urllib.request.urlopen(f"http://127.0.0.1:{demo.port}{path}") as answer:
        assert json.loads(answer.read())["attributes"]["price"] == "17"


def test_the_page_is_there(demo: Demo, printed: str) -> None:
    with urllib.request.urlopen(f"http://127.0.0.1:{demo.port}/") as answer:
        assert answer.status == 200
        assert b"<html" in answer.read()


def test_a_second_demo_in_the_same_folder_is_refused(demo: Demo, printed: str, folder: Path) -> None:
    second = Demo(folder, "--catalogue", "my shop")
    assert second.process.wait(60) == 1
    assert "a demo is already running in this folder" in second.err.read_text()


@pytest.mark.parametrize("killed", ["worker", "api", "valkey-server", "importer"])
def test_whatever_is_killed_comes_back(demo: Demo, printed: str, folder: Path, killed: str) -> None:
    victims = [process for process in demo.descendants() if killed in (process.name(), *process.cmdline())]
    assert len(victims) == 1
    others = {process.pid for process in demo.descendants()} - {victims[0].pid}
    victims[0].kill()
    photo = folder / "my shop" / "Tee" / "00 a&b.jpg"
    deadline = time.monotonic() + 90
    time.sleep(0.5)
    while demo.status("/similar", "-F", f"image=@{photo}") != "200":
        assert time.monotonic() < deadline, demo.err.read_text()
        time.sleep(0.5)
    assert demo.process.poll() is None
    # And nothing else had to be started again for it.
    assert others <= {process.pid for process in demo.descendants()}


def test_a_redis_that_refuses_everything_ends_nothing(demo: Demo, printed: str, folder: Path) -> None:
    (bundles,) = (folder / ".lookalike").glob("*/bundles")
    before = {process.pid for process in demo.descendants()}
    photo = folder / "my shop" / "Tee" / "00 a&b.jpg"
    with redis.Redis.from_url(str(embedded_redis_url(bundles))) as admin:
        admin.execute_command("REPLICAOF", "127.0.0.1", "1")
        try:
            time.sleep(2)
            assert demo.status("/readyz") == "503"
            time.sleep(3)
            assert demo.status("/items") == "200"
            assert demo.status("/similar", "-F", f"image=@{photo}") == "503"
        finally:
            admin.execute_command("REPLICAOF", "NO", "ONE")
    assert {process.pid for process in demo.descendants()} == before
    deadline = time.monotonic() + 20
    while demo.status("/similar", "-F", f"image=@{photo}") != "200":
        assert time.monotonic() < deadline, demo.err.read_text()
        time.sleep(0.2)


def test_commands_on_this_machine_find_its_redis(demo: Demo, printed: str, folder: Path) -> None:
    (bundles,) = (folder / ".lookalike").glob("*/bundles")
    assert embedded_redis_url(bundles) is not None


def test_ctrl_c_stops_everything_and_the_next_start_does_nothing_twice(demo: Demo, printed: str, folder: Path) -> None:
    everything = demo.descendants()
    assert len(everything) >= 3  # Redis, worker, API
    assert demo.stop() == 0
    assert not [process for process in everything if process.is_running() and process.status() != "zombie"]
    assert not list((folder / ".lookalike").glob(f"*/bundles/{RUN_FILE}"))
    bundles = sorted((folder / ".lookalike").glob("*/bundles/*Z-*"))
    again = Demo(folder, "--catalogue", "my shop", "--host", "0.0.0.0", LOOKALIKE_API_KEYS=KEY)
    said = again.printed()
    assert "30 unchanged (0 with new attributes); 0 pictures embedded" in said
    # Only the API is given the key.
    keepers = [process for process in again.descendants() if KEY in str(process.environ())]
    assert ["api" in process.cmdline() for process in keepers] == [True]
    assert len(again.descendants()) >= 3
    (line, _) = [line.strip() for line in said.splitlines() if line.strip().startswith("curl ")]
    for key, code in (("YOUR-KEY", "unauthorized"), (KEY, None)):
        pasted = subprocess.run(["bash", "-c", line.replace("YOUR-KEY", key)], capture_output=True, check=True)
        assert json.loads(pasted.stdout).get("code") == code
    assert again.stop() == 0
    assert sorted((folder / ".lookalike").glob("*/bundles/*Z-*")) == bundles


def test_a_taken_port_is_said_before_any_work(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        status, said = demo_that_fails(tmp_path, "--port", str(taken.getsockname()[1]))
    assert status == 1
    assert "is taken by another program" in said
    assert not (tmp_path / ".lookalike" / "sample-catalogue").exists()


def test_a_catalogue_that_is_not_there(tmp_path: Path) -> None:
    status, said = demo_that_fails(tmp_path, "--catalogue", "nowhere", "--port", str(free_port()))
    assert status == 1
    assert "there is no catalogue at nowhere" in said


def demo_that_fails(folder: Path, *arguments: str) -> tuple[int, str]:
    ended = subprocess.run(
        [sys.executable, "-m", "lookalike", "demo", *arguments],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    return ended.returncode, ended.stderr
