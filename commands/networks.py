"""Options that name a network of timm or OpenCLIP, and what people are told about it."""

import argparse
import difflib
import sys
from pathlib import Path

from contracts.errors import ModelError
from contracts.networks import CLIP_PREFIX, NETWORKS, TIMM_PREFIX, is_foreign

FOREIGN_HELP = f"{TIMM_PREFIX}NAME or {CLIP_PREFIX}MODEL/PRETRAINED (docs/training.md, Other backbones)"


def network(text: str) -> str:
    """A name of a backbone; one of timm or OpenCLIP is looked up when it is loaded."""
    if text in NETWORKS or is_foreign(text):
        return text
    near = difflib.get_close_matches(text, NETWORKS)
    meant = f"; did you mean {', '.join(near)}?" if near else ""
    raise argparse.ArgumentTypeError(
        f"there is no network {text!r:.100}, choose one of {', '.join(NETWORKS)}, or {TIMM_PREFIX}NAME{meant}"
    )


def add_foreign_options(verb: argparse.ArgumentParser) -> None:
    """Options of a network of timm or OpenCLIP that is used as it was published."""
    group = verb.add_argument_group(f"a network {TIMM_PREFIX}NAME or {CLIP_PREFIX}MODEL/PRETRAINED")
    group.add_argument(
        "--weights",
        type=Path,
        metavar="FILE.safetensors",
        help="weights on this machine; without it they are downloaded from the Hugging Face Hub once",
    )
    group.add_argument(
        "--fit",
        choices=("own", "unframe"),
        help="how pictures become square: as the network's own training made them, by cutting or distorting for most, "
        "or padded without their frame as our own training does (own)",
    )
    group.add_argument(
        "--projection",
        choices=("fixed", "pca"),
        help="from the network's output to 512 dimensions: a fixed one, or a PCA of this catalogue's pictures (fixed)",
    )


def refuse_foreign_options(options: argparse.Namespace, source: str | None) -> None:
    """Refuse these options for a network that has all this in its checkpoint.

    Raises:
        ModelError: one of them was given; names it.
    """
    given = [f"--{name}" for name in ("weights", "fit", "projection") if getattr(options, name) is not None]
    if given:
        raise ModelError(
            f"{', '.join(given)} belongs to a network {FOREIGN_HELP}, and "
            f"{'none is named' if source is None else f'this is {source}'}; leave it out, or name one"
        )


def say_without_graph(checkpoint: Path) -> None:
    """Say on stderr why only torch runs a network, if that is so."""
    from model.description import read_description

    description = read_description(checkpoint)
    if description.without_graph is not None:
        print(
            f"lookalike: {description.version} has no graph for OpenVINO and ONNX Runtime "
            f"({description.without_graph}); it works as it is where torch is installed, so its workers need "
            "pip install 'lookalike[gpu]'",
            file=sys.stderr,
        )
