"""Walks over what a search finds."""

from typing import Unpack

from lookalike_client.call import Call
from lookalike_client.calls import searching
from lookalike_client.calls.searching import SearchOptions
from lookalike_client.pages import Pages, similar_pages
from lookalike_client.photos import SentPhoto
from lookalike_client.results.searches import Box, SimilarItem, SimilarItems


def of_photo(
    photo: SentPhoto, box: Box | None, *, detect: bool, page_size: int, **options: Unpack[SearchOptions]
) -> Pages[SimilarItems, SimilarItem]:
    """What looks like a photo: it is sent for the first page, and its token for all others."""

    def search(asked: SearchOptions, before: SimilarItems | None) -> Call[SimilarItems]:
        token = before.query.token if before is not None else None
        if token is not None:
            return searching.similar_by_token(token, **asked)
        return searching.similar_to_photo(photo, box=box, detect=detect, **asked)

    return similar_pages(search, page_size=page_size, **options)


def of_item(
    item_id: str, *, exclude_self: bool, page_size: int, **options: Unpack[SearchOptions]
) -> Pages[SimilarItems, SimilarItem]:
    """What looks like an item."""
    return similar_pages(
        lambda asked, _: searching.similar_to_item(item_id, exclude_self=exclude_self, **asked),
        page_size=page_size,
        **options,
    )


def of_token(token: str, *, page_size: int, **options: Unpack[SearchOptions]) -> Pages[SimilarItems, SimilarItem]:
    """What looks like a photo that was sent before."""
    return similar_pages(lambda asked, _: searching.similar_by_token(token, **asked), page_size=page_size, **options)
