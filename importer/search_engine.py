"""The search engine that the settings name."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import Final

from engines.engine import Engine
from importer.settings import ImporterSettings

# Longer than a search may take: nobody's page waits for an importer.
_TIMEOUT_S: Final = 30.0


@contextmanager
def search_engine(settings: ImporterSettings) -> Iterator[Engine | None]:
    """The engine, closed in the end; None if versions are searched in memory.

    Raises:
        EngineError: its address is wrong.
    """
    addresses = "" if settings.search_url is None else settings.search_url.get_secret_value().strip()
    if not addresses:
        yield None
        return
    from engines.opening import open_engine

    with closing(open_engine(addresses, timeout_s=_TIMEOUT_S)) as engine:
        yield engine
