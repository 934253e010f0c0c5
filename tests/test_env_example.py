"""`.env.example` names every setting of API and worker with its default and a line that explains it."""

import re
from pathlib import Path

from pydantic_core import PydanticUndefined
from pydantic_settings import BaseSettings

from api.settings import ApiSettings
from contracts.settings_names import FILE_SUFFIX, SECRETS
from tests.images.compose import COMPOSE_FILE
from worker.settings import WorkerSettings

REPOSITORY = Path(__file__).parents[1]
LINES = (REPOSITORY / ".env.example").read_text().splitlines()
SETTING = re.compile(r"#?([A-Z_]+)=(.*)")
# What compose alone reads, without `LOOKALIKE_` in front.
COMPOSE_ONLY = {
    "CATALOGUE",
    "COMPOSE_PROFILES",
    "API_ADDRESS",
    "API_PORT",
    "PYTHON_IMAGE",
    "QDRANT",
    "TRACING",
    "VALKEY_IMAGE",
    "WORKER_GPU",
}


def written() -> dict[str, str]:
    return {found[1]: found[2] for found in map(SETTING.fullmatch, LINES) if found}


def defaults(settings: type[BaseSettings]) -> dict[str, str]:
    """The default of each setting, as the environment would hold it."""
    found = {}
    for name, field in settings.model_fields.items():
        assert field.default is not PydanticUndefined, name
        variable = "REDIS_URL" if name == "redis_url" else f"LOOKALIKE_{name.upper()}"
        values = field.default if isinstance(field.default, tuple) else (field.default,)
        found[variable] = ",".join(str(value) for value in values if value is not None)
    return found


def test_every_setting_is_there_with_its_default_and_no_other() -> None:
    files = {f"{secret}{FILE_SUFFIX}": "" for secret in SECRETS}
    expected = {**defaults(ApiSettings), **defaults(WorkerSettings), **files}
    ours = {name: text for name, text in written().items() if not name.startswith("OTEL_")}
    assert {name: text for name, text in ours.items() if name not in COMPOSE_ONLY} == expected


def test_what_compose_passes_on_to_opentelemetry_is_there() -> None:
    passed_on = set(re.findall(r"^ +(OTEL_[A-Z_]+):", COMPOSE_FILE.read_text(), flags=re.MULTILINE))
    assert passed_on == {name for name in written() if name.startswith("OTEL_")}


def test_what_compose_alone_reads_is_there_too() -> None:
    used = set(re.findall(r"\$\{([A-Z_]+)", COMPOSE_FILE.read_text()))
    assert used - {"REDIS_URL", "LOOKALIKE_CATALOGUE_ROOT"} <= set(written())
    assert set(written()) >= COMPOSE_ONLY


def test_only_what_must_be_chosen_is_switched_on() -> None:
    on = [line.split("=")[0] for line in LINES if SETTING.fullmatch(line) and not line.startswith("#")]
    assert on == ["CATALOGUE", "COMPOSE_PROFILES"]


def test_no_setting_stands_twice_and_each_is_explained() -> None:
    places = [place for place, line in enumerate(LINES) if SETTING.fullmatch(line)]
    assert len(places) == len(written())
    for place in places:
        before = LINES[place - 1]
        follows_its_kin = SETTING.fullmatch(before) is not None
        assert follows_its_kin or re.match(r"# [A-Z].*\.$", before), LINES[place]


def test_every_explanation_fits_on_a_line() -> None:
    assert max(map(len, LINES)) <= 120
