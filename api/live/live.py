"""The parts of the live catalogue that its routes share."""

from dataclasses import dataclass

from api.live.embedding import PutEmbedder
from api.live.following import Following
from api.live.import_queue import ImportQueue
from api.live.overview import Overview
from api.live.spooling import Spool
from api.live.writing import Writing


@dataclass(frozen=True, slots=True)
class Live:
    """What an application with a database has besides.

    Attributes:
        following: keeps the served index up to date.
        writing: writes changes.
        embedder: of the pictures of changed items.
        imports: of feeds.
        spool: where feeds lie until they are imported.
        overview: of what is served and what waits.
    """

    following: Following
    writing: Writing
    embedder: PutEmbedder
    imports: ImportQueue
    spool: Spool
    overview: Overview
