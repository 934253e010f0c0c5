"""Reads the files in deploy/monitoring, and takes PromQL apart."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import promql_parser
from ruamel.yaml import YAML

REPOSITORY = Path(__file__).parents[2]
FOLDER = REPOSITORY / "deploy" / "monitoring"
RULES = FOLDER / "lookalike.rules.yml"
# What Grafana replaces before it asks Prometheus.
_GRAFANA = {"$__rate_interval": "5m", "$instance": ".*"}


@dataclass(frozen=True)
class Rule:
    """An alert, as Prometheus reads it."""

    name: str
    expression: str
    labels: dict[str, str]
    annotations: dict[str, str]


@dataclass(frozen=True)
class Query:
    """PromQL of a panel, and how its series are named."""

    panel: str
    expression: str
    legend: str


@dataclass(frozen=True)
class Matcher:
    """One condition of a selector; `pattern` matches the values that it selects."""

    label: str
    pattern: str
    wanted: bool


@dataclass(frozen=True)
class Selector:
    """A metric that an expression reads."""

    metric: str
    matchers: tuple[Matcher, ...]


def load_yaml(path: Path) -> Any:
    return YAML(typ="safe", pure=True).load(path)


def rules() -> list[Rule]:
    """All alerts, in the order of the file."""
    return [
        Rule(rule["alert"], rule["expr"], rule["labels"], rule["annotations"])
        for group in load_yaml(RULES)["groups"]
        for rule in group["rules"]
    ]


def board() -> dict[str, Any]:
    """The board, as it is imported."""
    found = json.loads((FOLDER / "grafana-dashboard.json").read_text())
    assert isinstance(found, dict)
    return found


def queries() -> list[Query]:
    """What the panels ask for."""
    return [
        Query(panel["title"], _as_asked(target["expr"]), target["legendFormat"])
        for panel in board()["panels"]
        for target in panel.get("targets", ())
    ]


def nodes(expression: str) -> list[Any]:
    """The syntax tree of an expression, flat."""
    found: list[Any] = []
    promql_parser.walk(promql_parser.parse(expression), found.append)
    return found


def selectors(expression: str) -> Iterator[Selector]:
    """The metrics that an expression reads."""
    for node in nodes(expression):
        if isinstance(node, promql_parser.VectorSelector):
            assert node.name is not None, f"no metric is named in {expression}"
            yield Selector(node.name, tuple(map(_matcher, node.matchers.matchers)))


def grouping_labels(expression: str) -> set[str]:
    """The labels that an expression keeps, groups or joins by."""
    found: set[str] = set()
    for node in nodes(expression):
        if isinstance(node, promql_parser.AggregateExpr) and node.modifier is not None:
            found |= set(node.modifier.labels)
        if isinstance(node, promql_parser.BinaryExpr) and node.modifier is not None:
            found |= set(node.modifier.matching.labels if node.modifier.matching is not None else ())
            found |= set(node.modifier.group_labels or ())
    return found


def result_labels(expression: str, labels: dict[str, set[str]]) -> set[str]:
    """The labels that the result of an expression may have, for those of its metrics."""
    outermost = promql_parser.parse(expression)
    while isinstance(outermost, promql_parser.BinaryExpr):
        outermost = outermost.lhs
    if isinstance(outermost, promql_parser.Call) and outermost.func.name == "histogram_quantile":
        outermost = outermost.args[1]
    if isinstance(outermost, promql_parser.AggregateExpr):
        return set(outermost.modifier.labels) if outermost.modifier is not None else set()
    return set[str]().union(*(labels[selector.metric] for selector in selectors(expression)))


def _as_asked(expression: str) -> str:
    for variable, value in _GRAFANA.items():
        expression = expression.replace(variable, value)
    assert "$" not in expression, f"what is {re.findall('[$]+[a-z_]+', expression)}?"
    return expression


def _matcher(matcher: promql_parser.Matcher) -> Matcher:
    exact = matcher.op in (promql_parser.MatchOp.Equal, promql_parser.MatchOp.NotEqual)
    wanted = matcher.op in (promql_parser.MatchOp.Equal, promql_parser.MatchOp.Re)
    return Matcher(matcher.name, re.escape(matcher.value) if exact else matcher.value, wanted)
