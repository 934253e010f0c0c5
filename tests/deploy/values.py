"""Values that the chart is rendered with, and some that it refuses."""

import re
from typing import Any, Final

from ruamel.yaml import YAML

from scripts.chart_settings import HELM
from scripts.install_client_tools import REPOSITORY


def _secret(name: str = "lookalike") -> dict[str, Any]:
    return {"existingSecret": {"name": name}}


def _of_file(name: str) -> dict[str, Any]:
    loaded = YAML(typ="safe", pure=True).load(HELM / "values" / name)
    assert isinstance(loaded, dict)
    return loaded


def _of_guide() -> dict[str, dict[str, Any]]:
    """The values that docs/kubernetes.md shows."""
    blocks = re.findall(r"```yaml\n(.*?)```", (REPOSITORY / "docs" / "kubernetes.md").read_text(), flags=re.DOTALL)
    loader = YAML(typ="safe", pure=True)
    return {f"guide {number}": loader.load(block) for number, block in enumerate(blocks, 1)}


CPU: Final = _of_file("cpu.yaml")
PLACE: Final = {
    "nodeSelector": {"pool": "shop"},
    "tolerations": [{"key": "pool", "operator": "Exists", "effect": "NoSchedule"}],
    "affinity": {"nodeAffinity": {"preferredDuringSchedulingIgnoredDuringExecution": []}},
}
PEERS: Final = [{"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "front"}}}]

EVERYTHING: Final[dict[str, Any]] = {
    "fullnameOverride": "shop",
    "images": {"registry": "registry.example/shop/", "tag": "2.0", "pullSecrets": ["registry"]},
    "settings": {
        "LOOKALIKE_MAX_PENDING": "64",
        "LOOKALIKE_BATCH_LIMIT": "8",
        "LOOKALIKE_MAX_CHANGES": "5000",
        "LOOKALIKE_IMAGE_URL_HOSTS": "images.shop.example",
        "LOOKALIKE_IMAGE_URL_HTTP": "true",
        "LOOKALIKE_PICTURE_STORE": "s3://bucket/pictures",
        "FORWARDED_ALLOW_IPS": "*",
        "OTEL_SERVICE_NAME": "shop",
    },
    "apiKeys": _secret("keys"),
    "pictureStoreSecret": "bucket",
    "searchEngine": _secret("search"),
    "catalogueUrl": "s3://bucket/shop",
    "api": {"service": {"type": "NodePort", "port": 80, "annotations": {"a": "b"}}, **PLACE},
    "worker": {
        "device": "cuda",
        "replicas": 3,
        "nextVersion": "20261127T020012Z-c07a7b",
        "runtimeClassName": "nvidia",
        **PLACE,
    },
    "importer": {"enabled": True, "device": "cuda", "runtimeClassName": "nvidia", **PLACE},
    "offline": {
        "commands": [
            ["extract", "/catalogue", "--out", "/embeddings/shop"],
            ["index", "build", "/embeddings/shop", "--out", "/bundles"],
        ],
        "device": "cuda",
        **PLACE,
    },
    "extractWorkers": {"replicas": 4, "device": "cuda", "shared": "s3://bucket/extraction", **PLACE},
    "valkey": {"storage": {"storageClass": "fast"}, **_secret()},
    "postgresql": {"enabled": True, "storage": {"storageClass": "fast"}, **_secret()},
    "storage": {"storageClass": "shared", "catalogue": {"existingClaim": "pictures"}},
    "ingress": {
        "enabled": True,
        "className": "nginx",
        "annotations": {"nginx.ingress.kubernetes.io/proxy-body-size": "12m"},
        "hosts": [{"host": "search.shop.example"}, {"host": "shop.example", "path": "/lookalike"}],
        "tls": [{"secretName": "search-tls", "hosts": ["search.shop.example"]}],
    },
    "networkPolicy": {
        "apiFrom": PEERS,
        "metricsFrom": PEERS,
        "extraEgress": [{"to": PEERS, "ports": [{"protocol": "TCP", "port": 4318}]}],
    },
    "monitoring": {"enabled": True, "labels": {"release": "prometheus"}, **_secret()},
}
OUTSIDE: Final[dict[str, Any]] = {
    **_of_file("gpu-live.yaml"),
    "networkPolicy": {"redisTo": PEERS, "databaseTo": PEERS},
    "certificatesSecret": "authority",
    "offline": {"commands": [["extract", "/catalogue", "--out", "/embeddings/shop", "--on-workers"]]},
    "extractWorkers": {"replicas": 1},
}
# Without what can be left out.
LEAST: Final[dict[str, Any]] = {
    "settings": {"LOOKALIKE_OPEN": "true", "LOOKALIKE_LOG_FORMAT": None, "LOOKALIKE_PROXY_ADDRESSES": None},
    "api": {"replicas": 1, "autoscaling": {"enabled": False}},
    "worker": {"enabled": False},
    "valkey": _secret(),
    "networkPolicy": {"enabled": False},
    "podDisruptionBudget": {"enabled": False},
    "monitoring": {"enabled": True},
}
ACCEPTED: Final[dict[str, dict[str, Any]]] = {
    "cpu": CPU,
    "gpu-live": _of_file("gpu-live.yaml"),
    "everything": EVERYTHING,
    "outside": OUTSIDE,
    "least": LEAST,
    **_of_guide(),
}

# Values, and what the refusal must say.
REFUSED: Final[dict[str, tuple[dict[str, Any], str]]] = {
    "no keys": ({**CPU, "apiKeys": {}}, r"no API keys: set apiKeys\.existingSecret\.name .*LOOKALIKE_OPEN"),
    "a misspelt setting": ({**CPU, "settings": {"LOOKALIKE_MAX_PENDNG": "1"}}, "LOOKALIKE_MAX_PENDNG"),
    "a setting of the chart": ({**CPU, "settings": {"LOOKALIKE_CATALOGUE_ROOT": "/a"}}, "LOOKALIKE_CATALOGUE_ROOT"),
    "a secret among the settings": ({**CPU, "settings": {"LOOKALIKE_API_KEYS": "k" * 16}}, "LOOKALIKE_API_KEYS"),
    # As a number, 268435456 would become 2.68435456e+08.
    "a number": ({**CPU, "settings": {"LOOKALIKE_MAX_PENDING": 1}}, "MAX_PENDING.*want string"),
    "a misspelt value": ({**CPU, "wroker": {}}, "wroker"),
    "an unknown device": ({**CPU, "worker": {"device": "gpu"}}, "worker/device.*'cpu', 'cuda'"),
    "two Redis": ({**CPU, "redis": _secret()}, "two Redis: set valkey.enabled to false"),
    "no Redis": ({**CPU, "valkey": {"enabled": False}}, "no Redis: set valkey.enabled to true"),
    "Valkey without a password": ({"apiKeys": _secret()}, "Valkey has no password: set valkey.existingSecret.name"),
    "two databases": (
        {**CPU, "postgresql": {"enabled": True, **_secret()}, "database": _secret()},
        "two databases: set postgresql.enabled to false",
    ),
    "PostgreSQL without a password": ({**CPU, "postgresql": {"enabled": True}}, "PostgreSQL has no password"),
    "an importer without a database": ({**CPU, "importer": {"enabled": True}}, "importer has no database"),
    "a Prometheus without a key": ({**CPU, "monitoring": {"enabled": True}}, "Prometheus has no API key"),
    "an ingress without hosts": ({**CPU, "ingress": {"enabled": True}}, "ingress/hosts"),
    "a command that is one string": ({**CPU, "offline": {"commands": ["extract /catalogue"]}}, "offline/commands"),
    "no size": ({**CPU, "storage": {"bundles": {"size": "large"}}}, "storage/bundles/size"),
}
