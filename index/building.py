"""Building a bundle from embeddings."""

import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from contracts.embedding_set import EmbeddingSet
from contracts.errors import BundleError
from contracts.items import first_repeated_id
from contracts.search_defaults import COMPONENTS, SCALING, WHITEN, Scaling
from index.attribute_problems import write_attribute_problems
from index.bundle_files import BundleFiles, check_numbers, write_files
from index.bundle_manifest import FULL_EMBEDDINGS, BundleManifest, write_manifest
from index.column_notes import column_notes
from index.current_version import set_current_if_none
from index.exact.layout import lay_out
from index.full_embeddings import half_row_parts
from index.gallery import Gallery
from index.items import write_items
from index.near_items import near_from
from index.resemblance import resemblance_from
from index.tabulation import AttributeProblem, tabulate_attributes
from index.unit_vectors import unit_vectors
from storage.array_files import map_array
from storage.durable_files import flush_folder
from storage.unfinished_folder import sweep_abandoned, unfinished_folder


@dataclass(frozen=True, slots=True)
class BuildReport:
    """The result of a build.

    Attributes:
        version: name of the new bundle.
        is_current: whether CURRENT names it now, which happens only if there was no CURRENT before.
        folder: of the bundle.
        items: number of items.
        components: dimensions after reduction; fewer than asked if the embeddings do not have that many.
        explained_variance: share of the variance that the components keep, 0 to 1.
        embeddings_bytes: size of the embeddings before reduction.
        gallery_bytes: size of the arrays that search reads, including those that let it skip items.
        full_embeddings_bytes: size of the embeddings that the bundle keeps for re-ranking.
        resemblance_from: cosine at which resemblance ends, or None; see `index.resemblance`.
        kinds: kind of each column by name.
        notes: on columns that stay text, a sentence each; see `index.column_notes`.
        problems: values that are not of their column's kind, and count as missing.
        seconds: duration of the build.
    """

    version: str
    is_current: bool
    folder: Path
    items: int
    components: int
    explained_variance: float
    embeddings_bytes: int
    gallery_bytes: int
    full_embeddings_bytes: int
    resemblance_from: float | None
    kinds: Mapping[str, str]
    notes: tuple[str, ...]
    problems: tuple[AttributeProblem, ...]
    seconds: float


def build_bundle(
    embedding_set: EmbeddingSet,
    bundles: Path,
    *,
    scaling: Scaling = SCALING,
    components: int | float = COMPONENTS,
    whiten: bool = WHITEN,
    seed: int = 0,
    kinds: Mapping[str, str] | None = None,
    numbers: NDArray[np.int64] | None = None,
    sequence: int | None = None,
    catalogue: str | None = None,
    now: datetime,
) -> BuildReport:
    """Build a bundle in `bundles`, and make it current if none is.

    If another bundle is current, it stays so; `index.versions` compares the two and promotes the new one. If the build
    is killed at any moment, CURRENT is unchanged or names the new bundle, which is then complete. Several builds may
    run at the same time.

    Args:
        embedding_set: what to build from.
        bundles: folder of bundles; created if missing.
        scaling, components, whiten, seed: see `index.fitting.fit_reduction`.
        kinds: declared kinds of columns; see `index.tabulation.tabulate_attributes`.
        numbers: (N,) int64, rising, the numbers of the items in a live catalogue; None: an item's number is its row.
        sequence: number of the last change of that catalogue that the items include.
        catalogue: id of that catalogue.
        now: time of the build, with a time zone; the version contains its UTC time to the second.

    Raises:
        BundleError: no index can be built from these embeddings, or the files cannot be written.
        ValueError: now has no time zone, or the numbers do not rise.
    """
    # scikit-learn takes a second to import, which code that only opens bundles must not pay for.
    from index.fitting import fit_reduction

    if now.tzinfo is None:
        raise ValueError("now needs a time zone, such as datetime.now(UTC)")
    if numbers is not None:
        check_numbers(numbers, len(embedding_set.items))
    started = time.perf_counter()
    repeated = first_repeated_id(embedding_set.items)
    if repeated is not None:
        raise BundleError(f"two items have the id {repeated!r:.100}; give each its own and extract again")
    table = tabulate_attributes(embedding_set.items, kinds)
    reduction = fit_reduction(
        embedding_set.embeddings, scaling=scaling, components=components, seed=seed, whiten=whiten
    )
    layout = lay_out(unit_vectors(embedding_set.embeddings, reduction))
    resemblance_ends = resemblance_from(Gallery(layout))
    version = f"{now.astimezone(UTC):%Y%m%dT%H%M%SZ}-{secrets.token_hex(3)}"
    explained = float(reduction.explained_variance_ratio.sum())
    try:
        bundles.mkdir(parents=True, exist_ok=True)
        sweep_abandoned(bundles)
        with unfinished_folder(bundles) as unfinished:
            files = BundleFiles(
                reduction=reduction,
                layout=layout,
                full=half_row_parts(embedding_set.embeddings),
                write_lines=lambda stream: write_items(embedding_set.items, stream),
                columns=table.columns,
                codes=table.codes,
                numbers=numbers,
            )
            seals = write_files(unfinished, files)
            write_attribute_problems(unfinished, table.problems)
            manifest = BundleManifest(
                version=version,
                created=f"{now.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}",
                model=embedding_set.model,
                catalogue_root=embedding_set.catalogue_root,
                items=len(embedding_set.items),
                components=reduction.components,
                scaling=scaling,
                whitened=whiten,
                explained_variance=explained,
                files=seals,
                kinds={column.name: column.kind.name for column in table.columns},
                resemblance_from=resemblance_ends,
                near_from=near_from(
                    Gallery(layout), map_array(unfinished / FULL_EMBEDDINGS), embedding_set.model.parts
                ),
                catalogue=catalogue,
                sequence=sequence,
            )
            write_manifest(unfinished, manifest)
            flush_folder(unfinished)
            unfinished.rename(bundles / version)
            flush_folder(bundles)
        is_current = set_current_if_none(bundles, version)
    except OSError as error:
        raise BundleError(
            f"the bundle cannot be written to {bundles} ({error.strerror or error}); free disk space or grant write "
            "access, and build again"
        ) from error
    return BuildReport(
        version=version,
        is_current=is_current,
        folder=bundles / version,
        items=len(embedding_set.items),
        components=reduction.components,
        explained_variance=explained,
        embeddings_bytes=embedding_set.embeddings.nbytes,
        gallery_bytes=layout.nbytes,
        full_embeddings_bytes=embedding_set.embeddings.size * np.dtype(np.float16).itemsize,
        resemblance_from=resemblance_ends,
        kinds={column.name: column.kind.name for column in table.columns},
        notes=tuple(column_notes(table.columns, kinds or {})),
        problems=table.problems,
        seconds=time.perf_counter() - started,
    )
