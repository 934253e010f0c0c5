"""The PostgreSQL that all tests share with LOOKALIKE_TEST_SEARCH=postgresql; see `tests.served_elsewhere`."""

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

import api.app
import engines.held_version
from catalogue.live_catalogue import LiveCatalogue
from engines.engine import Engine
from engines.opening import open_engine
from index.base_part import BasePart
from index.base_version import BaseVersion, held_elsewhere
from index.bundle import Bundle, open_bundle
from index.bundle_manifest import BundleManifest
from index.versions.bundle_folder import versions_in
from tests.catalogue.postgresql_server import PostgresqlServer, postgresql_server
from tests.served_elsewhere import RUNNING

# Several workers of pytest load at the same time as others search, on two cores.
_TIMEOUT_S: Final = 20.0


class ServedElsewhere:
    """A server with a database for versions of indexes, and templates for live catalogues.

    Attributes:
        server: the server.
        url: of the database for versions.
        engine: that it is.
    """

    def __init__(self, server: PostgresqlServer) -> None:
        self.server = server
        database = server.make_database()
        server.run("CREATE EXTENSION vector", database=database)
        self.url = server.url(database)
        self.engine: Engine = open_engine(self.url, timeout_s=_TIMEOUT_S)
        self._empty_catalogue = server.make_database()
        LiveCatalogue.open(server.url(self._empty_catalogue), create=True).close()

    def held(self, bundle: Bundle) -> BaseVersion[BasePart]:
        """A bundle whose items the engine holds; they are loaded if they are not there yet."""
        self._load(bundle)
        manifest = BundleManifest(
            version=bundle.version,
            created=bundle.created,
            model=bundle.model,
            catalogue_root=bundle.catalogue_root,
            items=len(bundle.items),
            components=bundle.reduction.components,
            scaling=bundle.reduction.scaling,
            whitened=bundle.reduction.whitened,
            explained_variance=1.0,
            files={},
            resemblance_from=bundle.resemblance_from,
            near_from=bundle.near_from,
            catalogue=bundle.catalogue,
            sequence=bundle.sequence,
        )
        return held_elsewhere(manifest, bundle.reduction, self.engine.open(bundle.version))

    def load_all(self, bundles: Path) -> None:
        """Load every version of a folder that can be opened."""
        for version in versions_in(bundles):
            with contextlib.suppress(Exception):
                self._load(open_bundle(bundles / version))

    def make_catalogue(self) -> str:
        """The URL of a new live catalogue without items."""
        return self.server.url(self.server.make_database(self._empty_catalogue))

    def _load(self, bundle: Bundle) -> None:
        if not any(held.version == bundle.version and held.complete for held in self.engine.versions()):
            self.engine.load(bundle)


@contextlib.contextmanager
def served_elsewhere() -> Iterator[ServedElsewhere]:
    """Start a server, and have every application serve from it."""
    with postgresql_server() as server, pytest.MonkeyPatch.context() as patch:
        elsewhere = ServedElsewhere(server)
        for module in (api.app, engines.held_version):
            patch.setattr(module, "in_memory", elsewhere.held)
        patch.setenv("LOOKALIKE_SEARCH_TIMEOUT_S", f"{_TIMEOUT_S:g}")
        yield elsewhere
        elsewhere.engine.close()


@pytest.fixture(scope="session", autouse=True)
def everything_served_elsewhere() -> Iterator[None]:
    """For all tests; `tests/conftest.py` imports it."""
    with served_elsewhere() as elsewhere:
        RUNNING.append(elsewhere)
        yield
        RUNNING.clear()
