"""A version of an index, with all that serving needs from it, wherever its items are stored."""

from dataclasses import dataclass
from typing import Generic, TypeVar

from contracts.embedding_set import ModelIdentity
from index.base_part import BasePart
from index.bundle import Bundle
from index.bundle_manifest import BundleManifest
from index.bundle_part import BundlePart
from index.embedded_rows import EmbeddedRows
from index.reduction import Reduction
from index.scoring import Scoring, scoring_of

_Items = TypeVar("_Items", bound=BasePart, covariant=True)


@dataclass(frozen=True, slots=True, eq=False)
class BaseVersion(Generic[_Items]):
    """A version that is served, before any changes of a live catalogue.

    Attributes:
        version: name of its bundle.
        model: the network whose embeddings are comparable with these.
        catalogue_root: absolute path of the folder that pictures' paths are relative to.
        part: the items.
        reduction: of their embeddings.
        scoring: how items are scored by their full embeddings.
        resemblance_from: see `index.bundle.Bundle`.
        catalogue, sequence: see `index.bundle.Bundle`.
        approximate: whether searches may miss items, because the engine answers them from an approximate index.
        recall: share of the exact ten nearest that these searches find, 0 to 1, as it was measured; None: it was not.
    """

    version: str
    model: ModelIdentity
    catalogue_root: str
    part: _Items
    reduction: Reduction
    scoring: Scoring
    resemblance_from: float | None
    catalogue: str | None = None
    sequence: int | None = None
    approximate: bool = False
    recall: float | None = None


def in_memory(bundle: Bundle) -> BaseVersion[BundlePart]:
    """A bundle as a version; it may be searched by others too."""
    rows = EmbeddedRows(
        bundle.gallery, bundle.full_embeddings, bundle.attributes, bundle.numbers, scoring=bundle.scoring
    )
    return BaseVersion(
        version=bundle.version,
        model=bundle.model,
        catalogue_root=bundle.catalogue_root,
        part=BundlePart(rows, bundle.items),
        reduction=bundle.reduction,
        scoring=bundle.scoring,
        resemblance_from=bundle.resemblance_from,
        catalogue=bundle.catalogue,
        sequence=bundle.sequence,
    )


def held_elsewhere(
    manifest: BundleManifest,
    reduction: Reduction,
    part: BasePart,
    *,
    approximate: bool = False,
    recall: float | None = None,
) -> BaseVersion[BasePart]:
    """A version whose items an engine holds.

    Args:
        manifest: of its bundle.
        reduction: of its bundle.
        part: the items.
        approximate, recall: see `BaseVersion`.
    """
    return BaseVersion(
        version=manifest.version,
        model=manifest.model,
        catalogue_root=manifest.catalogue_root,
        part=part,
        reduction=reduction,
        scoring=scoring_of(manifest.model.parts, manifest.near_from),
        resemblance_from=manifest.resemblance_from,
        catalogue=manifest.catalogue,
        sequence=manifest.sequence,
        approximate=approximate,
        recall=recall,
    )
