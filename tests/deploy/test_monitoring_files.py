"""The files in deploy/monitoring are what Prometheus and Grafana read, and the documentation knows every alert."""

import itertools
import json
import re
from collections.abc import Iterator
from typing import Any

import grafana_foundation_sdk.cog.plugins
import pytest
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.models.dashboard import Dashboard

from tests.deploy.monitoring import FOLDER, REPOSITORY, board, load_yaml, rules

DOCS = REPOSITORY / "docs"
NAMES = [rule.name for rule in rules()]


def changed(before: Any, after: Any, place: str = "") -> Iterator[str]:
    """Where two JSON values differ; what only the second has does not count."""
    if isinstance(before, dict) and isinstance(after, dict):
        for name, value in before.items():
            yield from changed(value, after[name], f"{place}.{name}") if name in after else [f"{place}.{name}"]
    elif isinstance(before, list) and isinstance(after, list) and len(before) == len(after):
        for number, (one, other) in enumerate(zip(before, after, strict=True)):
            yield from changed(one, other, f"{place}[{number}]")
    elif before != after:
        yield place


def understood(dashboard: dict[str, Any]) -> list[str]:
    """The places that Grafana's own types of a board and its panels do not know."""
    grafana_foundation_sdk.cog.plugins.register_default_plugins()
    return list(changed(dashboard, json.loads(JSONEncoder().encode(Dashboard.from_json(dashboard)))))


def test_grafana_knows_every_field_of_the_board() -> None:
    assert not understood(board())


def test_a_field_that_grafana_does_not_know_is_found() -> None:
    dashboard = board()
    dashboard["panels"][1]["options"]["graphMod"] = "none"
    dashboard["templates"] = {}
    assert understood(dashboard) == [".panels[1].options.graphMod", ".templates"]


def test_the_board_can_be_imported() -> None:
    dashboard = board()
    assert (dashboard["uid"], dashboard["title"]) == ("lookalike", "Lookalike")
    # With an id, Grafana would look for a board that it already has.
    assert "id" not in dashboard
    variables = {variable["name"]: variable for variable in dashboard["templating"]["list"]}
    assert (variables["datasource"]["type"], variables["datasource"]["query"]) == ("datasource", "prometheus")
    chosen = {"type": "prometheus", "uid": "${datasource}"}
    assert variables["instance"]["datasource"] == chosen
    drawn = [panel for panel in dashboard["panels"] if panel["type"] != "row"]
    assert all(panel["datasource"] == chosen and panel["targets"] for panel in drawn)
    assert all(target["datasource"] == chosen for panel in drawn for target in panel["targets"])


def test_the_board_shows_each_panel_once_and_beside_the_others() -> None:
    panels = board()["panels"]
    assert len({panel["id"] for panel in panels}) == len({panel["title"] for panel in panels}) == len(panels)
    taken: set[tuple[int, int]] = set()
    for panel in panels:
        x, y, width, height = (panel["gridPos"][name] for name in ("x", "y", "w", "h"))
        cells = set(itertools.product(range(x, x + width), range(y, y + height)))
        assert x + width <= 24
        assert not cells & taken, panel["title"]
        taken |= cells


def test_the_board_has_a_row_for_each_part_of_a_service() -> None:
    rows = [panel["title"] for panel in board()["panels"] if panel["type"] == "row"]
    assert rows == [
        "Now", "Requests", "Photos", "Queue", "Workers", "Index and live catalogue", "Thumbnails",
        "Keys and rate limits", "Processes and memory",
    ]  # fmt: skip


@pytest.mark.parametrize("rule", rules(), ids=NAMES)
def test_an_alert_says_how_urgent_it_is_and_where_to_read_on(rule: Any) -> None:
    assert rule.labels["severity"] in {"page", "ticket"}
    assert set(rule.annotations) == {"summary", "description", "runbook"}
    assert rule.annotations["runbook"] == f"docs/runbook.md#{rule.name.lower()}"


def test_names_are_unique() -> None:
    assert len(set(NAMES)) == len(NAMES)


def test_the_runbook_has_a_section_for_each_alert() -> None:
    sections = re.split(r"^### ", (DOCS / "runbook.md").read_text(), flags=re.MULTILINE)[1:]
    assert [section.splitlines()[0] for section in sections] == NAMES
    assert all(len(section.split()) > 20 for section in sections)


def test_the_guide_names_each_alert_once() -> None:
    guide = (DOCS / "production.md").read_text()
    (alerts,) = re.findall(r"^Alert when$(.*?)^#", guide, flags=re.MULTILINE | re.DOTALL)
    assert sorted(re.findall(r"`(Lookalike\w+)`", alerts)) == sorted(NAMES)


def test_prometheus_reads_the_rules() -> None:
    assert load_yaml(FOLDER / "prometheus.yml")["rule_files"] == ["lookalike.rules.yml"]
