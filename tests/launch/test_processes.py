import os
import signal
import subprocess
import sys
import textwrap
import threading
import time
from pathlib import Path

import pytest

from contracts.errors import LaunchError
from launch.processes import Child, Supervisor

pytestmark = pytest.mark.services


def child(script: str, *, restart: bool = False) -> Child:
    return Child("test child", [sys.executable, "-c", textwrap.dedent(script)], dict(os.environ), restart=restart)


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


def wait_for(condition: object, timeout_s: float = 20) -> None:
    deadline = time.monotonic() + timeout_s
    while not condition():  # type: ignore[operator]
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_leaving_stops_the_children() -> None:
    with Supervisor() as supervisor:
        sleeper = child("import time; time.sleep(60)")
        supervisor.start(sleeper)
        assert sleeper.process
        pid = sleeper.process.pid
        assert alive(pid)
    assert not alive(pid)


def test_a_child_that_ends_is_an_error() -> None:
    with Supervisor() as supervisor:
        supervisor.start(child("raise SystemExit(3)"))
        with pytest.raises(LaunchError, match="test child ended with status 3"):
            supervisor.run()


def test_a_child_that_a_signal_killed_is_started_again(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    starts = tmp_path / "starts"
    with Supervisor() as supervisor:
        supervisor.start(
            child(
                f"""
                import os, pathlib, signal, time
                starts = pathlib.Path({str(starts)!r})
                count = int(starts.read_text()) + 1 if starts.exists() else 1
                starts.write_text(str(count))
                if count < 3:
                    os.kill(os.getpid(), signal.SIGKILL)
                time.sleep(60)
                """,
                restart=True,
            )
        )
        assert supervisor.wait_until(
            lambda: starts.exists() and starts.read_text() == "3", timeout_s=30, what="three starts"
        )
    assert "by signal SIGKILL; starting it again" in capfd.readouterr().err


def test_a_child_that_exits_over_and_over_is_started_again_after_longer_pauses(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    starts = tmp_path / "starts"
    with Supervisor() as supervisor:
        supervisor.start(child(f"open({str(starts)!r}, 'a').write('x'); raise SystemExit(1)", restart=True))
        assert supervisor.run(until=lambda: starts.exists() and len(starts.read_text()) >= 4)
    said = capfd.readouterr().err
    assert "with status 1; starting it again\n" in said
    assert "with status 1; starting it again in 1 s\n" in said
    assert "with status 1; starting it again in 2 s\n" in said


def test_a_child_that_refuses_to_start_is_an_error_even_if_it_would_be_started_again_later() -> None:
    with Supervisor() as supervisor:
        supervisor.start(child("raise SystemExit(1)", restart=True))
        with pytest.raises(LaunchError, match="ended with status 1"):
            supervisor.wait_until(lambda: False, timeout_s=20, what="ready")


def test_what_cannot_be_started_again_is_tried_later(capfd: pytest.CaptureFixture[str]) -> None:
    tries = 0

    def start() -> None:
        nonlocal tries
        tries += 1
        if tries < 3:
            raise OSError("no memory")

    with Supervisor() as supervisor:
        supervisor.watch("server", lambda: None if tries >= 3 else -9, start)
        assert supervisor.run(until=lambda: tries >= 3)
    assert "the server could not be started (no memory); starting it again in 1 s" in capfd.readouterr().err


def test_waiting_has_an_end() -> None:
    with Supervisor() as supervisor:
        supervisor.start(child("import time; time.sleep(60)"))
        with pytest.raises(LaunchError, match="it was not ready within 0 s"):
            supervisor.wait_until(lambda: False, timeout_s=0.2, what="it was not ready")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_signal_ends_the_run(number: signal.Signals) -> None:
    before = signal.signal(signal.SIGHUP, signal.SIG_DFL)
    try:
        with Supervisor() as supervisor:
            supervisor.start(child("import time; time.sleep(60)"))
            threading.Timer(0.3, os.kill, (os.getpid(), number)).start()
            supervisor.run()
            assert supervisor.stopping
    finally:
        signal.signal(signal.SIGHUP, before)


def test_a_hangup_that_is_ignored_stays_ignored() -> None:
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with Supervisor() as supervisor:
            os.kill(os.getpid(), signal.SIGHUP)
            assert supervisor.run(until=lambda: True)
            assert not supervisor.stopping
    finally:
        signal.signal(signal.SIGHUP, before)


def test_children_die_with_a_parent_that_was_killed(tmp_path: Path) -> None:
    pid_file = tmp_path / "pid"
    script = f"""
        import os, pathlib, sys
        from launch.processes import Child, Supervisor
        with Supervisor() as supervisor:
            one = Child("sleeper", [sys.executable, "-c", "import time; time.sleep(60)"], dict(os.environ))
            supervisor.start(one)
            pathlib.Path({str(pid_file)!r}).write_text(str(one.process.pid))
            supervisor.run()
        """
    parent = subprocess.Popen([sys.executable, "-c", textwrap.dedent(script)])
    wait_for(lambda: pid_file.exists() and pid_file.read_text())
    sleeper = int(pid_file.read_text())
    assert alive(sleeper)
    parent.kill()
    parent.wait()
    wait_for(lambda: not alive(sleeper))
