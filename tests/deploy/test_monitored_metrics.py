"""Rules and board ask only for metrics, labels and values that a running service exposes."""

import re
from http import HTTPStatus

import pytest

from tests.deploy.conftest import Exposed
from tests.deploy.monitoring import (
    FOLDER,
    Matcher,
    grouping_labels,
    load_yaml,
    queries,
    result_labels,
    rules,
    selectors,
)

JOBS = {job["job_name"] for job in load_yaml(FOLDER / "prometheus.yml")["scrape_configs"]}
# Of Prometheus itself, the node exporter and the Redis exporter.
FOREIGN: Exposed = {
    "up": {},
    "ALERTS": {"alertname": {rule.name for rule in rules()}, "alertstate": {"pending", "firing"}},
    "node_filesystem_avail_bytes": {"fstype": {"ext4"}, "mountpoint": {"/"}},
    "node_filesystem_size_bytes": {"fstype": {"ext4"}, "mountpoint": {"/"}},
    "redis_aof_last_write_status": {},
}
# Answers that the drawn service did not give.
STATUSES = {str(status.value) for status in HTTPStatus} | {"499"}
EXPRESSIONS = {rule.name: rule.expression for rule in rules()} | {
    f"{query.panel}, {query.legend or number}": query.expression for number, query in enumerate(queries())
}


def known(exposed: Exposed) -> Exposed:
    """All metrics, with the labels that Prometheus adds."""
    return {
        name: {**labels, "job": JOBS, "instance": {"api:8000"}} | ({"status": STATUSES} if "status" in labels else {})
        for name, labels in (exposed | FOREIGN).items()
    }


def unanswered(expression: str, metrics: Exposed) -> list[str]:
    """What an expression asks for and nothing exposes."""
    found = []
    for selector in selectors(expression):
        labels = metrics.get(selector.metric)
        if labels is None:
            found.append(f"no metric {selector.metric}")
            continue
        found += [
            f"no {matcher.label}={matcher.pattern!r} of {selector.metric}"
            for matcher in selector.matchers
            if not may_match(matcher, labels.get(matcher.label, set()))
        ]
    shown = set[str]().union(*(metrics.get(selector.metric, {}) for selector in selectors(expression)))
    return found + [f"no label {label}" for label in grouping_labels(expression) - shown]


def may_match(matcher: Matcher, values: set[str]) -> bool:
    """Whether each alternative of a pattern is a value that occurs; for an exclusion, whether the label does."""
    if not matcher.wanted:
        return bool(values)
    return all(any(re.fullmatch(part, value) for value in values) for part in matcher.pattern.split("|"))


@pytest.mark.parametrize("name", EXPRESSIONS)
def test_what_is_asked_for_is_exposed(name: str, exposed: Exposed) -> None:
    assert not unanswered(EXPRESSIONS[name], known(exposed))


@pytest.mark.parametrize(
    ("expression", "missing"),
    [
        ("lookalike_nothing", "no metric lookalike_nothing"),
        ('lookalike_unauthorized_total{reason="wrnog"}', "no reason='wrnog' of lookalike_unauthorized_total"),
        ('lookalike_unauthorized_total{result="wrong"}', "no result='wrong' of lookalike_unauthorized_total"),
        ('lookalike_ready{part=~"items|pictures"}', "no part='items|pictures' of lookalike_ready"),
        ("sum by (state) (lookalike_ready)", "no label state"),
    ],
)
def test_what_is_not_exposed_is_found(expression: str, missing: str, exposed: Exposed) -> None:
    assert unanswered(expression, known(exposed)) == [missing]


def test_texts_name_labels_that_their_series_have(exposed: Exposed) -> None:
    metrics = {name: set(labels) for name, labels in known(exposed).items()}
    texts = [
        (rule.expression, set(re.findall(r"\$labels\.(\w+)", " ".join(rule.annotations.values())))) for rule in rules()
    ] + [(query.expression, set(re.findall(r"\{\{(\w+)\}\}", query.legend))) for query in queries()]
    assert not [
        (expression, named - result_labels(expression, metrics))
        for expression, named in texts
        if named - result_labels(expression, metrics)
    ]


def test_all_that_is_exposed_is_on_the_board_or_in_a_rule(exposed: Exposed) -> None:
    def base(name: str) -> str:
        return re.sub("_(bucket|count|sum)$", "", name)

    asked = {base(selector.metric) for expression in EXPRESSIONS.values() for selector in selectors(expression)}
    assert {base(name) for name in exposed if name.startswith("lookalike_")} <= asked
