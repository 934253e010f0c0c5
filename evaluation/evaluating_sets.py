"""Evaluating several sets of queries in one gallery, which is opened once."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from contracts.errors import EmbeddingsError
from contracts.progress import Progress, unseen
from evaluation.evaluated_set import EvaluatedSet
from evaluation.evaluating import Evaluation, check_comparable, evaluate
from evaluation.same_pictures import GalleryPictures, SamePictures
from evaluation.set_settings import PreparedSet
from evaluation.settings import Settings
from evaluation.spaces import open_gallery


def evaluate_sets(
    gallery: EvaluatedSet,
    sets: Sequence[PreparedSet],
    settings: Settings,
    progress: Progress = unseen,
    *,
    same: Sequence[SamePictures] | None = None,
) -> list[Evaluation]:
    """Evaluate each set, one after another.

    Args:
        gallery: the items to search.
        sets: at least one.
        settings: whose spaces and reduction count for all sets.
        progress: called with (searches done, searches in all, name) for each set.
        same: for each set the gallery items with the picture of a query; None looks for them.

    Raises:
        EmbeddingsError: see `evaluation.evaluating.evaluate`; of several sets, names the one.
        BundleError: the gallery cannot be reduced.
    """
    alone = len(sets) == 1
    # All of them first, because minutes of searching would be lost if the last set cannot be compared.
    for prepared in sets:
        with naming(prepared.name, alone=alone):
            check_comparable(gallery, prepared.queries)
    if same is None:
        # Before the gallery is opened, so that only one copy of its embeddings is in memory at a time.
        pictures = GalleryPictures(gallery)
        same = [pictures.same_as(prepared.queries) for prepared in sets]
        del pictures
    opened = open_gallery(gallery.embeddings.embeddings, settings.spaces, settings.reduction, gallery.embeddings.model)
    evaluations = []
    for position, prepared in enumerate(sets):
        with naming(prepared.name, alone=alone):
            evaluation = evaluate(
                gallery,
                prepared.queries,
                prepared.settings,
                progress if alone else _with_name(progress, prepared.name),
                same=same[position],
                opened=opened,
                name=prepared.name,
            )
        evaluations.append(evaluation)
    return evaluations


@contextmanager
def naming(name: str, *, alone: bool) -> Iterator[None]:
    """Name the set in errors about it, unless it is the only one."""
    try:
        yield
    except EmbeddingsError as error:
        if alone:
            raise
        raise EmbeddingsError(f"the set of queries {name!r}: {error}") from error


def _with_name(progress: Progress, name: str) -> Progress:
    def show(done: int, total: int, figures: str = "", /) -> None:
        progress(done, total, figures or name)

    return show
