"""`manifest.json` of a bundle: its content, its network, and a seal for each file."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from contracts.embedding_set import EMBEDDING_DIMENSIONS, ModelIdentity
from contracts.errors import BundleError
from index.exact.files import LAYOUT_FILES
from storage.durable_files import FileSeal, flush_file
from storage.sealed_json import parse_sealed, render_sealed
from storage.small_files import read_small

FORMAT = "lookalike-bundle-9"
# Format 8 lacks `catalogue`, `sequence` and the file of numbers. Format 7 has `rerank_from`, which nothing uses any
# more, instead of `near_from`. Format 6 also lacks `resemblance_from`, format 5 lacks `kinds`, and format 4 has the
# model's `two_parts` instead of `parts`.
_WITH_RERANK_FROM = tuple(f"lookalike-bundle-{number}" for number in range(4, 8))
FORMATS_READ = (*_WITH_RERANK_FROM, "lookalike-bundle-8", FORMAT)
_READ = ", ".join(map(repr, FORMATS_READ))
MANIFEST = "manifest.json"
REDUCTION = "reduction.npz"
FULL_EMBEDDINGS = "full_embeddings.npy"
ITEMS = "items.jsonl"
ITEM_OFFSETS = "item_offsets.npy"
ATTRIBUTE_CODES = "attribute_codes.npy"
ATTRIBUTE_POSTINGS = "attribute_postings.npy"
ATTRIBUTE_VALUES = "attribute_values.json"
NUMBERS = "numbers.npy"
FILES = (
    REDUCTION,
    *LAYOUT_FILES,
    FULL_EMBEDDINGS,
    ITEMS,
    ITEM_OFFSETS,
    ATTRIBUTE_CODES,
    ATTRIBUTE_POSTINGS,
    ATTRIBUTE_VALUES,
)
"""Those that every bundle has; one of a live catalogue also has `NUMBERS`."""
# Nearly all of a long one are the names of columns.
_MOST_BYTES = 2 * 1024 * 1024
# Rows are int32.
_MOST_ITEMS = 2**31 - 1
FIX = "build it again with `lookalike index build`, or `lookalike index promote` another version"


@dataclass(frozen=True, slots=True)
class BundleManifest:
    """The description of a bundle.

    Attributes:
        version: `<UTC time>-<6 hex>`.
        created: UTC time of the build, ISO 8601.
        model: the network that computed the embeddings; only its embeddings are comparable with them.
        catalogue_root: absolute path of the folder that pictures' paths are relative to, or `s3://bucket/prefix`.
        items: number of items, N.
        components: dimensions after reduction, C.
        scaling: `minmax` or `l2`.
        whitened: whether the components were divided by their standard deviation.
        explained_variance: share of the embeddings' variance that the components keep, 0 to 1.
        files: name -> seal.
        kinds: kind of each column by name; None in bundles of older formats.
        resemblance_from: cosine of reduced embeddings at which resemblance ends, -1 to 1, see `index.resemblance`; None
            if it could not be measured, and in bundles of older formats.
        near_from: cosine from which second parts count, 0 to 0.95, see `index.near_items`; None if it could not be
            measured, for embeddings of one part, and in bundles of older formats.
        catalogue: id of the live catalogue that the items are of; None if they are of none.
        sequence: number of the last change of that catalogue that the bundle holds; None likewise.
    """

    version: str
    created: str
    model: ModelIdentity
    catalogue_root: str
    items: int
    components: int
    scaling: str
    whitened: bool
    explained_variance: float
    files: Mapping[str, FileSeal]
    kinds: Mapping[str, str] | None = None
    resemblance_from: float | None = None
    near_from: float | None = None
    catalogue: str | None = None
    sequence: int | None = None


def write_manifest(folder: Path, manifest: BundleManifest) -> None:
    """Write `manifest.json` into a bundle that is not in use yet, and wait until it is on the disk."""
    path = folder / MANIFEST
    path.write_bytes(render_sealed({"format": FORMAT, **asdict(manifest)}))
    flush_file(path)


def read_manifest(folder: Path) -> BundleManifest:
    """Read the manifest of a bundle; its other files are not checked.

    Raises:
        BundleError: there is none, it is damaged, or another version of Lookalike wrote it.
    """
    path = folder / MANIFEST
    try:
        fields = parse_sealed(read_small(path, most_bytes=_MOST_BYTES))
        written_format = fields.pop("format")
        if written_format not in FORMATS_READ:
            raise BundleError(
                f"{path} has the format {written_format!r:.60}; this version of Lookalike reads {_READ}; {FIX}"
            )
        if written_format in _WITH_RERANK_FROM:
            del fields["rerank_from"]
        return _manifest(fields)
    except FileNotFoundError as error:
        raise BundleError(f"{folder} is not a bundle: it has no {MANIFEST}; {FIX}") from error
    except OSError as error:
        raise BundleError(f"{path} cannot be read ({error.strerror}); {FIX}") from error
    except (KeyError, TypeError, ValueError) as error:
        raise BundleError(f"{path} is damaged ({error}); {FIX}") from error


def _manifest(fields: dict[str, object]) -> BundleManifest:
    """Make the manifest from its JSON members.

    Raises:
        KeyError, TypeError, ValueError: a member is missing, unknown, or invalid.
    """
    model, seals = ModelIdentity.from_json(fields.pop("model")), fields.pop("files")
    if not isinstance(seals, dict):
        raise TypeError("files must be an object")
    if set(seals) - {NUMBERS} != set(FILES):
        raise ValueError(f"files must be {', '.join(FILES)}, and {NUMBERS} at most")
    files = {name: FileSeal(**seal) for name, seal in seals.items()}
    manifest = BundleManifest(model=model, files=files, **fields)  # type: ignore[arg-type]
    texts = (manifest.version, manifest.created, manifest.catalogue_root, manifest.scaling)
    if not all(type(text) is str for text in texts):
        raise TypeError("version, created, catalogue_root and scaling must be strings")
    if type(manifest.whitened) is not bool:
        raise TypeError("whitened must be true or false")
    near_from = manifest.near_from
    if near_from is not None and (type(near_from) is not float or not 0.0 <= near_from < 1.0):
        raise ValueError("near_from must be null, or a number of at least 0.0 and below 1.0")
    resemblance_from = manifest.resemblance_from
    if resemblance_from is not None and (type(resemblance_from) is not float or not -1.0 <= resemblance_from <= 1.0):
        raise ValueError("resemblance_from must be null, or a number from -1.0 to 1.0")
    if not all(type(n) is int and n > 0 for n in (manifest.items, manifest.components)):
        raise TypeError("items and components must be whole numbers above 0")
    if manifest.items > _MOST_ITEMS or manifest.components > EMBEDDING_DIMENSIONS:
        raise ValueError(f"there may be {_MOST_ITEMS:,} items and {EMBEDDING_DIMENSIONS} components at most")
    if manifest.catalogue is not None and (type(manifest.catalogue) is not str or not manifest.catalogue):
        raise TypeError("catalogue must be null, or a text that is not empty")
    if manifest.sequence is not None and (type(manifest.sequence) is not int or manifest.sequence < 0):
        raise TypeError("sequence must be null, or a whole number of at least 0")
    if manifest.kinds is not None and not _are_texts(manifest.kinds):
        raise TypeError("kinds must be an object of strings")
    if not all(type(seal.bytes) is int and type(seal.sha256) is str for seal in files.values()):
        raise TypeError("a file's seal must be bytes and sha256")
    return manifest


def _are_texts(members: object) -> bool:
    return isinstance(members, dict) and all(type(text) is str for text in members.values())
