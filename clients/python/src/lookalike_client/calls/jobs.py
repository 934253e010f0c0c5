"""Embedding jobs."""

from collections.abc import Iterable, Sequence

from lookalike_client.call import Call, Form, Repeat, as_result, given, json_body
from lookalike_client.path_segments import segment
from lookalike_client.photos import SentPhoto
from lookalike_client.results.jobs import Job


def start_item_embeddings(item_ids: Iterable[str]) -> Call[Job]:
    """Embed pictures of items."""
    return Call(
        "POST",
        "/embeddings",
        as_result(Job),
        body=json_body({"item_ids": list(item_ids)}),
        repeat=Repeat.IF_REFUSED,
    )


def start_photo_embeddings(photos: Sequence[SentPhoto]) -> Call[Job]:
    """Embed photos.

    Raises:
        ValueError: one of them is a URL.
    """
    pictures = [photo.data for photo in photos if photo.data is not None]
    if len(pictures) < len(photos):
        raise ValueError("a job takes photos, not their URLs")
    return Call("POST", "/embeddings", as_result(Job), body=Form({}, tuple(pictures)), repeat=Repeat.IF_REFUSED)


def job(job_id: str, *, limit: int | None = None, offset: int | None = None) -> Call[Job]:
    """Status of a job, and a page of its results and errors."""
    return Call("GET", f"/jobs/{segment(job_id)}", as_result(Job), given(limit=limit, offset=offset))
