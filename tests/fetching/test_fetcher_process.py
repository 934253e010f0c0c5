"""A real process that fetches for this one."""

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from contracts.errors import UnreachableError, UrlRefusedError
from fetching.fetcher_process import FetcherProcess
from fetching.fetching import Fetched, NotModified
from fetching.rules import UrlRules
from fetching.validators import Validators

RULES = UrlRules(("shop.example",), allow_http=False)
# Answers without a network, by the path; the process around it is the real one.
SCRIPT = """
import os, sys, time
from contracts.errors import UnreachableError, UrlRefusedError
from fetching.child import serve
from fetching.fetching import Fetched, NotModified
from fetching.validators import Validators
def fetch(request, rules, is_abandoned):
    path = request.url.rpartition("/")[2]
    if path == "environment":
        return Fetched(repr(sorted(os.environ)).encode(), Validators(None, None))
    if path == "large":
        return Fetched(b"x" * 9_000_000, Validators(request.url, repr(rules.hosts)))
    if path == "known":
        return NotModified()
    if path == "refused":
        raise UrlRefusedError("so not")
    if path == "dies":
        os._exit(1)
    if path == "babbles":
        os.write(1, b"\\xff" * 100)
    end = time.monotonic() + 20
    while not is_abandoned() and time.monotonic() < end:
        time.sleep(0.01)
    if path == "noted":
        open(sys.argv[1], "w").close()
    raise UnreachableError("gone")
serve(sys.stdin.buffer, sys.stdout.buffer, fetch)
os._exit(0)
"""


@pytest.fixture
async def fetcher(tmp_path: Path) -> AsyncIterator[FetcherProcess]:
    fetcher = FetcherProcess(RULES, command=(sys.executable, "-c", SCRIPT, str(tmp_path / "abandoned")))
    yield fetcher
    await fetcher.close()


async def get(fetcher: FetcherProcess, path: str, timeout_s: float = 10.0) -> Fetched | NotModified:
    return await fetcher.fetch(f"https://shop.example/{path}", most_bytes=10**7, timeout_s=timeout_s)


async def test_answers_come_back_as_they_are(fetcher: FetcherProcess, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOOKALIKE_API_KEYS", "secret")
    monkeypatch.setenv("REDIS_URL", "redis://:secret@host")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:1")
    large = await get(fetcher, "large")
    assert large == Fetched(b"x" * 9_000_000, Validators("https://shop.example/large", "('shop.example',)"))
    assert await get(fetcher, "known") == NotModified()
    with pytest.raises(UrlRefusedError, match="so not"):
        await get(fetcher, "refused")
    found = await get(fetcher, "environment")
    assert isinstance(found, Fetched)
    names = set(eval(found.data))
    assert names <= {"LC_CTYPE", "LD_LIBRARY_PATH", "PATH", "PYTHONPATH", "SSL_CERT_DIR", "SSL_CERT_FILE", "TZ"}


async def test_when_it_dies_callers_are_told_and_the_next_one_starts_it_again(fetcher: FetcherProcess) -> None:
    for way in ("dies", "babbles"):
        waiting = asyncio.create_task(get(fetcher, "waits"))
        await asyncio.sleep(0)
        with pytest.raises(UnreachableError, match="try again"):
            await get(fetcher, way)
        with pytest.raises(UnreachableError, match="try again"):
            await waiting
        assert await get(fetcher, "known") == NotModified()


async def test_whoever_hangs_up_ends_the_fetch(fetcher: FetcherProcess, tmp_path: Path) -> None:
    await get(fetcher, "known")
    waiting = asyncio.create_task(get(fetcher, "noted"))
    await asyncio.sleep(0.05)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    async with asyncio.timeout(5):
        while not (tmp_path / "abandoned").exists():  # noqa: ASYNC110 (another process makes it)
            await asyncio.sleep(0.01)
    assert await get(fetcher, "known") == NotModified()


async def test_a_refused_url_starts_no_process(fetcher: FetcherProcess) -> None:
    with pytest.raises(UrlRefusedError):
        await fetcher.fetch("https://127.0.0.1/", most_bytes=9, timeout_s=1)
    assert fetcher._process is None


async def test_the_real_child_refuses_by_the_same_rules() -> None:
    fetcher = FetcherProcess(UrlRules(("127.0.0.1:9",), allow_http=True))
    try:
        with pytest.raises(UrlRefusedError, match="not public"):
            await fetcher.fetch("http://127.0.0.1:9/", most_bytes=9, timeout_s=20)
    finally:
        await fetcher.close()


def test_it_ends_with_its_parent() -> None:
    script = f"""
import asyncio, sys
from fetching.fetcher_process import FetcherProcess
from fetching.rules import UrlRules
async def main():
    fetcher = FetcherProcess(UrlRules(("shop.example",), False), command=(sys.executable, "-c", {SCRIPT!r}, "x"))
    await fetcher.fetch("https://shop.example/known", most_bytes=9, timeout_s=20)
    print(fetcher._process.pid, flush=True)
    await asyncio.sleep(60)
asyncio.run(main())
"""
    with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        child = int(parent.stdout.readline())
        parent.send_signal(signal.SIGKILL)
    end = time.monotonic() + 10
    while time.monotonic() < end and _is_running(child):
        time.sleep(0.02)
    assert not _is_running(child)


def _is_running(process: int) -> bool:
    try:
        os.kill(process, 0)
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (ProcessLookupError, FileNotFoundError):
        return False
