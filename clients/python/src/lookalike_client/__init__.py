"""Client of Lookalike, the self-hosted fashion visual search.

from pathlib import Path
from lookalike_client import Client

with Client("https://search.shop.example", key="...") as client:
    for item in client.similar_to_photo(Path("photo.jpg")).items:
        print(item.id, item.score)
"""

from lookalike_client.async_client import AsyncClient
from lookalike_client.client import Client
from lookalike_client.conditions import Range
from lookalike_client.errors import (
    ApiError,
    BadRequest,
    ContentRefused,
    Forbidden,
    ImportFailed,
    InvalidItemId,
    JobFailed,
    LookalikeError,
    NotFound,
    PreconditionFailed,
    Problem,
    RateLimited,
    ServerFailed,
    TimedOut,
    TokenOutdated,
    Unauthorized,
    Unavailable,
    UnexpectedAnswer,
    UnknownItem,
    UnknownJob,
    Unreachable,
)
from lookalike_client.photos import Photo
from lookalike_client.results.imports import Import, ImportList, RowError
from lookalike_client.results.items import Attribute, ChangedItem, IndexSummary, Item, ItemPage, Picture
from lookalike_client.results.jobs import Job, JobError, JobResult
from lookalike_client.results.searches import Box, Category, PhotoObject, Query, SimilarItem, SimilarItems
from lookalike_client.retrying import Retries
from lookalike_client.shrinking import shrink_photo
from lookalike_client.version import __version__

__all__ = [
    "ApiError",
    "AsyncClient",
    "Attribute",
    "BadRequest",
    "Box",
    "Category",
    "ChangedItem",
    "Client",
    "ContentRefused",
    "Forbidden",
    "Import",
    "ImportFailed",
    "ImportList",
    "IndexSummary",
    "InvalidItemId",
    "Item",
    "ItemPage",
    "Job",
    "JobError",
    "JobFailed",
    "JobResult",
    "LookalikeError",
    "NotFound",
    "Photo",
    "PhotoObject",
    "Picture",
    "PreconditionFailed",
    "Problem",
    "Query",
    "Range",
    "RateLimited",
    "Retries",
    "RowError",
    "ServerFailed",
    "SimilarItem",
    "SimilarItems",
    "TimedOut",
    "TokenOutdated",
    "Unauthorized",
    "Unavailable",
    "UnexpectedAnswer",
    "UnknownItem",
    "UnknownJob",
    "Unreachable",
    "__version__",
    "shrink_photo",
]
