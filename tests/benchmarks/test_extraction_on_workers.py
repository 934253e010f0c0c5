import pytest

from benchmarks.extraction_on_workers import run


@pytest.mark.services
def test_planning_alone_needs_no_catalogue(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(None, source="shipped", references=3000, pictures=1, rounds=1) == 0
    assert capsys.readouterr().out.startswith("3,000 references planned and handed out in ")
