"""Which containers get the credentials of an object store."""

from tests.images.compose import services

VARIABLES = {"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_REGION", "AWS_ENDPOINT_URL"}
WITH_STORE = {"api", "importer", "importer-cpu", "offline", "offline-cpu"}


def test_compose_passes_them_to_those_that_read_a_store_and_to_no_other() -> None:
    for name, service in services().items():
        given = {variable for variable in service.get("environment", {}) if variable.startswith("AWS_")}
        assert given == (VARIABLES if name in WITH_STORE else set()), name
