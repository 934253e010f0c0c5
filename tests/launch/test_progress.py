"""The remaining time that a progress bar shows."""

import sys
from typing import Any

import pytest
from tqdm import tqdm

from launch.progress import print_line, progress_bar


def test_what_an_earlier_run_did_does_not_count_for_the_rate(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[Any] = []

    def watched(**options: Any) -> Any:
        seen.append(tqdm(**options))
        return seen[-1]

    monkeypatch.setattr("launch.progress.tqdm", watched)
    with progress_bar("Training", "step", smoothing=0.0) as show:
        show(5_000, 10_000)
        show(5_001, 10_000)
        (bar,) = seen
        assert (bar.n, bar.initial, bar.total) == (5_001, 5_000, 10_000)


def test_lines_go_to_stdout_alone(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    for interactive in (False, True):
        monkeypatch.setattr(sys.stderr, "isatty", lambda interactive=interactive: interactive)
        print_line("epoch 1")
        assert capsys.readouterr().out == "epoch 1\n"
