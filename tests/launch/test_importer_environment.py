from contracts.settings_names import API_SETTINGS, IMPORTER_SETTINGS
from launch.live_catalogue import has_database
from launch.settings import for_importer, without_keys, without_settings

EVERYTHING = dict.fromkeys(API_SETTINGS | IMPORTER_SETTINGS, "x") | {
    "REDIS_URL": "redis://:secret@host",
    "REDIS_URL_FILE": "/run/secrets/redis",
    "PATH": "/bin",
    "AWS_SECRET_ACCESS_KEY": "secret",
    "AWS_ENDPOINT_URL": "http://store",
}


def test_the_importer_gets_the_database_and_neither_keys_nor_redis() -> None:
    given = for_importer(EVERYTHING)
    assert set(given) == IMPORTER_SETTINGS | {"PATH", "AWS_SECRET_ACCESS_KEY", "AWS_ENDPOINT_URL"}
    assert not [name for name in given if "API_KEYS" in name or "REDIS" in name]


def test_the_worker_gets_no_database_and_no_object_store() -> None:
    given = without_keys(EVERYTHING)
    assert not [name for name in given if "DATABASE" in name or "API_KEYS" in name or name.startswith("AWS_")]


def test_what_is_not_ours_gets_no_object_store_either() -> None:
    assert set(without_settings(EVERYTHING)) == {"PATH", "REDIS_URL", "REDIS_URL_FILE"}


def test_there_is_an_importer_only_with_a_database() -> None:
    assert has_database({"LOOKALIKE_DATABASE_URL": "sqlite:///a.db"})
    assert has_database({"LOOKALIKE_DATABASE_URL_FILE": "/run/secrets/database"})
    assert not has_database({"LOOKALIKE_DATABASE_URL": ""})
