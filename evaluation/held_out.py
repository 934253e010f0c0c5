"""Queries that a network was not trained on."""

import numpy as np

from contracts.errors import EmbeddingsError
from contracts.hold_out import held_out, unseen
from evaluation.evaluated_set import EvaluatedSet
from evaluation.same_pictures import same_pictures


def held_out_queries(gallery: EvaluatedSet, queries: EvaluatedSet) -> EvaluatedSet:
    """The queries that training leaves out, see `contracts.hold_out`, and whose picture it never saw.

    A query is also left out if a gallery item that was trained on has the same picture, or nearly the same. That is the
    case where networks were trained when titles alone decided, and where only the embeddings show that two pictures
    are the same. If that left no query at all, as among pictures of plain colours, they stay, and a note says so.

    Args:
        gallery: all items of the catalogue that was trained on, as far as known.
        queries: may be the same set.

    Raises:
        EmbeddingsError: no query is held out.
    """
    model = queries.embeddings.model
    if model.held_out_by == "nothing":
        raise EmbeddingsError(
            f"{model.version} was trained on all items (--no-hold-out), so no query is held out; omit --held-out, or "
            "evaluate a network that was trained without --no-hold-out"
        )
    items, pictures = [*gallery.items, *queries.items], [*gallery.pictures, *queries.pictures]
    out = unseen(items, pictures, model.held_out_by)
    of_gallery, kept = out[: len(gallery.items)], out[len(gallery.items) :].copy()
    unlike = np.array([of_gallery[rows].all() for rows in same_pictures(gallery, queries).rows], np.bool_)
    by_embeddings = bool((kept & unlike).any())
    if by_embeddings:
        kept &= unlike
    seen = int((held_out(queries.items) & ~kept).sum())
    if not kept.any():
        raise EmbeddingsError(
            f"no query is left: of the {len(queries.items):,}, {seen:,} have a held-out title or id but show a picture "
            "that was trained on as another item, and the others are trained on (one title in five is held out; of "
            "items without a title, one id in five); omit --held-out, or evaluate more queries"
        )
    notes = []
    if not by_embeddings:
        notes.append(
            "All held-out queries look nearly the same as an item that was trained on, so none was left out for it; "
            "the figures say little about new items."
        )
    said = (
        f"{seen:,} {'query' if seen == 1 else 'queries'} with a held-out title or id {'was' if seen == 1 else 'were'} "
        "left out, because an item that was trained on shows the same picture, or nearly the same."
    )
    return queries.rows(np.flatnonzero(kept).tolist()).noted(*notes, *([said] if seen else []))
