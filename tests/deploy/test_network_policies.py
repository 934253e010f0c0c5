"""Who may connect to whom, by the chart's network policies."""

from ipaddress import ip_address, ip_network
from typing import Any

import pytest

from tests.deploy.rendering import Object, named, objects, pods
from tests.deploy.values import ACCEPTED

CASES = [case for case in ACCEPTED if case != "least"]
PUBLIC = ("203.0.114.7", "2600::1")
# Pods and services of the cluster, the metadata service of clouds, and the machine itself.
INSIDE = ("10.0.0.1", "172.16.0.1", "192.168.0.1", "100.64.0.1", "169.254.169.254", "127.0.0.1", "fd00::1", "fe80::1")


def fits(peer: dict[str, Any], place: Object | str) -> bool:
    """Whether a peer of a rule is an address, or a pod of the same namespace."""
    if isinstance(place, str):
        block = peer.get("ipBlock")
        return block is not None and (
            ip_address(place) in ip_network(block["cidr"])
            and not any(ip_address(place) in ip_network(other) for other in block["except"])
        )
    labels = peer.get("podSelector", {}).get("matchLabels")
    return labels is not None and labels.items() <= place["metadata"]["labels"].items()


def allows(rules: list[dict[str, Any]], key: str, place: Object | str, port: int) -> bool:
    return any(
        port in [allowed["port"] for allowed in rule["ports"]]
        and (key not in rule or any(fits(peer, place) for peer in rule[key]))
        for rule in rules
    )


def egress(case: str, part: str, place: Object | str, port: int) -> bool:
    return allows(named(case, "NetworkPolicy", part)["spec"].get("egress", []), "to", place, port)


def connects(case: str, client: str, server: str, port: int) -> bool:
    """Whether both sides allow it."""
    templates = dict(pods(case))
    ingress = named(case, "NetworkPolicy", server)["spec"].get("ingress", [])
    return egress(case, client, templates[server], port) and allows(ingress, "from", templates[client], port)


@pytest.mark.parametrize("case", CASES)
def test_every_pod_has_a_policy_for_both_directions(case: str) -> None:
    for part, _ in pods(case):
        assert set(named(case, "NetworkPolicy", part)["spec"]["policyTypes"]) == {"Ingress", "Egress"}


@pytest.mark.parametrize(
    ("server", "port", "clients"),
    [
        ("valkey", 6379, {"api", "worker", "worker-next", "offline", "extract-worker"}),
        ("postgresql", 5432, {"api", "importer", "offline"}),
    ],
)
def test_only_those_that_need_a_server_reach_it(server: str, port: int, clients: set[str]) -> None:
    parts = {part for part, _ in pods("everything")} - {server}
    assert {part for part in parts if connects("everything", part, server, port)} == clients
    assert "egress" not in named("everything", "NetworkPolicy", server)["spec"]
    assert not [part for part in parts if connects("everything", part, server, port + 1)]


@pytest.mark.parametrize("part", ["api", "worker", "importer", "offline", "extract-worker"])
def test_nobody_reaches_addresses_of_the_cluster_or_of_its_machines(part: str) -> None:
    for address in INSIDE:
        for port in (80, 443, 6443, 10250):
            assert not egress("everything", part, address, port), address


def test_public_addresses_are_open_to_those_that_fetch() -> None:
    reaching = {part for part, _ in pods("everything") if all(egress("everything", part, a, 443) for a in PUBLIC)}
    assert reaching == {"api", "importer", "offline", "extract-worker"}
    # Where nothing may be fetched, nobody.
    assert not [part for part, _ in pods("gpu-live") if egress("gpu-live", part, PUBLIC[0], 443)]


def test_the_workers_reach_nothing_but_names_and_redis() -> None:
    rules = named("cpu", "NetworkPolicy", "worker")["spec"]["egress"]
    assert {port["port"] for rule in rules for port in rule["ports"]} == {53, 6379}
    assert "ingress" not in named("cpu", "NetworkPolicy", "worker")["spec"]


def test_servers_outside_are_where_the_values_say() -> None:
    peers = ACCEPTED["outside"]["networkPolicy"]
    rules = {
        rule["ports"][0]["port"]: rule.get("to") for rule in named("outside", "NetworkPolicy", "api")["spec"]["egress"]
    }
    assert rules == {53: None, 6379: peers["redisTo"], 5432: peers["databaseTo"]}


def test_without_policies_there_are_none() -> None:
    assert not [made for made in objects("least") if made["kind"] in {"NetworkPolicy", "PodDisruptionBudget"}]
