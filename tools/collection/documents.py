"""The OpenAPI document: of the application itself, or of a running service."""

import json
import tempfile
import urllib.request
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.parse import urlsplit

from pydantic import SecretStr

from api.app import create_app
from api.openapi.document import ApiDocument
from api.settings import ApiSettings
from catalogue.live_catalogue import LiveCatalogue
from storage.picture_store import open_picture_store

_TIMEOUT_S = 30.0
# Only so that the document says that there are keys.
_SOME_KEY = "key-of-no-service-0123456789"


def own_document() -> dict[str, Any]:
    """The document of an application with everything switched on, and examples that are of no catalogue."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        database = LiveCatalogue.open(f"sqlite:///{folder / 'catalogue.db'}", create=True)
        try:
            settings = ApiSettings(api_keys=(SecretStr(_SOME_KEY),))
            app = create_app(
                settings,
                None,
                None,
                catalogue=database,
                store=open_picture_store(folder / "pictures"),
                spool=folder / "imports",
            )
            return ApiDocument(app, settings).neutral()
        finally:
            database.close()


def served_document(url: str, key: str | None) -> dict[str, Any]:
    """The document of a running service.

    Raises:
        OSError: it did not answer with one.
    """
    if urlsplit(url).scheme not in {"http", "https"}:
        raise URLError("it must begin with http:// or https://")
    headers = {} if key is None else {"X-API-Key": key}
    request = urllib.request.Request(f"{url.rstrip('/')}/openapi.json", headers=headers)  # noqa: S310 - checked above
    with urllib.request.urlopen(request, timeout=_TIMEOUT_S) as answer:  # noqa: S310
        try:
            document: dict[str, Any] = json.loads(answer.read())
        except ValueError:
            raise URLError("it answered with something else than JSON") from None
    return document
