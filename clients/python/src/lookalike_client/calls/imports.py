"""Imports of feeds."""

import uuid
from typing import Literal

from lookalike_client.call import Call, Encoded, as_result, given, json_body
from lookalike_client.feeds import Feed, FeedFile, open_feed
from lookalike_client.path_segments import segment
from lookalike_client.results.imports import Import, ImportList
from lookalike_client.urls import checked_url

ImportMode = Literal["upsert", "replace", "delete"]
FeedFormat = Literal["csv", "ndjson", "google-xml", "google-tsv", "shopify-csv"]


def start_import(
    feed: Feed,
    *,
    mode: ImportMode,
    max_removed: float | None,
    feed_format: FeedFormat | None,
    idempotency_key: str | None,
) -> Call[Import]:
    """Import a feed. It has an Idempotency-Key, so that a second try is the same import.

    Raises:
        ValueError: the format of the feed is not known, or a text is no URL.
        OSError: the file cannot be read.
    """
    body: Encoded | FeedFile = (
        json_body({"url": checked_url(feed)}) if isinstance(feed, str) else open_feed(feed, feed_format)
    )
    headers = {"Idempotency-Key": idempotency_key or uuid.uuid4().hex}
    query = given(mode=mode, max_removed=max_removed, format=feed_format)
    return Call("POST", "/imports", as_result(Import), query, headers, body)


def import_status(import_id: str, *, limit: int | None = None, offset: int | None = None) -> Call[Import]:
    """How far an import is, and a page of its errors."""
    return Call("GET", f"/imports/{segment(import_id)}", as_result(Import), given(limit=limit, offset=offset))


def latest_imports(limit: int | None) -> Call[ImportList]:
    """The newest imports."""
    return Call("GET", "/imports", as_result(ImportList), given(limit=limit))
