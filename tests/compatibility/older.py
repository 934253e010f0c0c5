"""Makes of what today's code writes what older versions wrote."""

from dataclasses import asdict
from pathlib import Path

import orjson

from index.bundle_manifest import ATTRIBUTE_VALUES, FILES, MANIFEST
from storage.durable_files import seal_file
from storage.sealed_json import parse_sealed, render_sealed

MODEL_MEMBERS = ("version", "network", "source", "input_size")


def older_bundle(folder: Path, number: int) -> None:
    """Write a bundle of the current format as one of an older format, as `index.bundle_manifest` describes them."""
    fields = parse_sealed((folder / MANIFEST).read_bytes())
    if number < 9:
        del fields["catalogue"], fields["sequence"]
    if number < 8:
        fields["rerank_from"] = fields.pop("near_from") or 0.9
    if number < 7:
        del fields["resemblance_from"]
    if number < 6:
        del fields["kinds"]
        described = orjson.loads((folder / ATTRIBUTE_VALUES).read_bytes())
        plain = [{name: column[name] for name in ("name", "kind", "values", "counts")} for column in described]
        (folder / ATTRIBUTE_VALUES).write_bytes(orjson.dumps(plain))
        fields["files"] = {name: asdict(seal_file(folder / name)) for name in FILES}
    if number < 5:
        fields["model"] = older_model(fields["model"])
    (folder / MANIFEST).write_bytes(render_sealed({**fields, "format": f"lookalike-bundle-{number}"}))


def older_embeddings(folder: Path) -> None:
    """Write a folder of embeddings as one of format 1."""
    fields = parse_sealed((folder / "manifest.json").read_bytes())
    older = {**fields, "format": "lookalike-embeddings-1", "model": older_model(fields["model"])}
    (folder / "manifest.json").write_bytes(render_sealed(older))


def older_model(model: object) -> dict[str, object]:
    """A network's identity from before there were parts."""
    assert isinstance(model, dict)
    return {**{name: model[name] for name in MODEL_MEMBERS}, "two_parts": len(model["parts"]) == 2}
