"""Making a bundle of another one and the changes since, without fitting anything again."""

import secrets
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from contracts.changed_item import ChangedItem
from contracts.errors import BundleError
from index.attributes import MISSING
from index.bundle import Bundle
from index.bundle_files import MOST_COLUMNS, BundleFiles, write_files
from index.bundle_manifest import BundleManifest, write_manifest
from index.columns.column import Column
from index.columns.registry import recognised_kind
from index.exact.layout import lay_out
from index.joined_parts import JoinedParts, PartRows
from index.joined_tables import JoinedTable
from index.live_index import LiveIndex
from index.versions.defaults import KEPT
from index.versions.hold import held_for_change
from index.versions.holder import Holder
from index.versions.pruning import remove_old
from index.versions.served_order import current_or_none
from index.versions.switching import switch
from storage.durable_files import flush_folder
from storage.unfinished_folder import sweep_abandoned, unfinished_folder


def compact(
    base: Bundle,
    changes: Sequence[ChangedItem],
    bundles: Path,
    *,
    sequence: int,
    catalogue: str,
    now: datetime,
) -> str:
    """Write a bundle that answers as `base` and the changes do; CURRENT stays as it is.

    What is not changed keeps its bits. The reduction, the kinds of columns and what was measured for scores are taken
    over, so an answer depends on no compaction. If it is killed at any moment, there is the complete bundle or none.

    Args:
        base: the bundle that the changes were applied to.
        changes: all since that bundle.
        bundles: folder of bundles.
        sequence: number of the last change that the new bundle holds.
        catalogue: id of the live catalogue.
        now: with a time zone; the version contains its UTC time to the second.

    Returns:
        The new version.

    Raises:
        BundleError: no item is left, or the files cannot be written.
        ValueError: now has no time zone, or a change is refused by `LiveIndex.changed`.
    """
    if now.tzinfo is None:
        raise ValueError("now needs a time zone, such as datetime.now(UTC)")
    live = LiveIndex.of(base).changed(changes)
    if live.items == 0:
        raise BundleError(
            f"no item is left of {base.version} after its changes, and a bundle needs at least one; the changes stay "
            "in force without a new bundle, so add an item, or build an index with `lookalike index build`"
        )
    joined = JoinedParts([PartRows.of(part) for part in live.parts if len(part)])
    kinds = {name: kind for part in live.parts for name, kind in part.kinds.items()}
    table = _with_kinds_of(base, joined.in_order(joined.table(kinds, recognised_kind)))
    files = BundleFiles(
        reduction=base.reduction,
        layout=lay_out(joined.vectors()),
        full=joined.full(),
        write_lines=joined.write_lines,
        columns=table.columns,
        codes=table.codes,
        numbers=joined.numbers,
    )
    version = f"{now.astimezone(UTC):%Y%m%dT%H%M%SZ}-{secrets.token_hex(3)}"
    try:
        sweep_abandoned(bundles)
        with unfinished_folder(bundles) as unfinished:
            manifest = BundleManifest(
                version=version,
                created=f"{now.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}",
                model=base.model,
                catalogue_root=base.catalogue_root,
                items=live.items,
                components=base.reduction.components,
                scaling=base.reduction.scaling,
                whitened=base.reduction.whitened,
                explained_variance=float(base.reduction.explained_variance_ratio.sum()),
                files=write_files(unfinished, files),
                kinds={column.name: column.kind.name for column in table.columns},
                resemblance_from=base.resemblance_from,
                near_from=base.near_from,
                catalogue=catalogue,
                sequence=sequence,
            )
            write_manifest(unfinished, manifest)
            flush_folder(unfinished)
            unfinished.rename(bundles / version)
            flush_folder(bundles)
    except OSError as error:
        raise BundleError(
            f"the compacted bundle cannot be written to {bundles} ({error.strerror or error}); free disk space or "
            "grant write access; until then the changes are kept in the database"
        ) from error
    return version


def _with_kinds_of(base: Bundle, table: JoinedTable) -> JoinedTable:
    """The table with an empty column for each of the base that has no value any more, as far as there is room.

    Nobody sees an empty column. But its kind stays: values that were not of it do not come back as another column, and
    new ones are read as if there had been no compaction.
    """
    present = {column.name for column in table.columns}
    empty = [
        Column(name, column.kind, [], []) for name, column in base.attributes.columns.items() if name not in present
    ]
    empty = empty[: max(0, MOST_COLUMNS - len(present))]
    codes = np.full((len(empty), table.codes.shape[1]), MISSING, np.int32)
    return JoinedTable([*table.columns, *empty], np.concatenate([table.codes, codes]))


def make_current(bundles: Path, version: str, *, instead_of: str, engine: Holder | None = None) -> bool:
    """Make a compacted bundle current, unless another one became current meanwhile; old bundles are removed.

    If it is killed at any moment, CURRENT names the old version or the new one, and the history agrees.

    Args:
        bundles: folder of bundles.
        version: that `compact` returned.
        instead_of: version of its base.
        engine: the search engine that serves versions and holds all of this one; None: there is none.

    Returns:
        Whether it is current now.

    Raises:
        BundleError: there is no such version, a promotion is under way, the history is damaged, or a file cannot be
            written.
        SearchUnavailableError: the engine cannot answer now; CURRENT is unchanged.
    """
    with held_for_change(bundles):
        if current_or_none(bundles) != instead_of:
            return False
        switch(bundles, "compact", previous=instead_of, version=version, engine=engine, now=datetime.now(UTC))
        remove_old(bundles, version, keep=KEPT, engine=engine)
    return True
