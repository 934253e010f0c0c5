"""Trains the network that ships with Lookalike, on a GPU.

    python -m tools.train_shipped pack --products items.csv --large-products large --photos photos --street street \
      --class-map class-map.json --out packs

packs pictures into files of at most 24 MiB. Copy the folder to a machine with a GPU and train there:

    python -m tools.train_shipped train packs --out checkpoint --seconds 230

The defaults are those of the shipped network, which took 230 seconds on one NVIDIA H100. At the end the scores on
held-out pictures are printed; they are in checkpoint.json as well. docs/experiments/street.md says more.

    python -m tools.train_shipped replay checkpoint --products items.csv --photos photos --street street \
      --class-map class-map.json

writes the replay set of a network beside it. docs/training.md says what it is for.
"""

import argparse
import json
import os
import sys
from dataclasses import fields
from pathlib import Path

from contracts.errors import LookalikeError
from launch.progress import progress_bar

_SHOWN_UNREADABLE = 20
# Shorter options for some settings.
_ALIASES = {"batch_size": ["--batch"]}


def main() -> int:
    """Pack or train, and say what came of it."""
    parser = argparse.ArgumentParser(prog="python -m tools.train_shipped", description="Train the shipped network.")
    verbs = parser.add_subparsers(dest="verb", required=True)
    _add_pack(verbs.add_parser("pack", help="pack pictures for a machine with a GPU"))
    _add_train(verbs.add_parser("train", help="train on packs and score on held-out pictures"))
    _add_replay(verbs.add_parser("replay", help="write the features that a training from a network repeats"))
    options = parser.parse_args()
    try:
        if options.verb == "pack":
            _pack(options)
        elif options.verb == "replay":
            _replay(options)
        else:
            _train(options)
    except (LookalikeError, OSError) as error:
        print(f"train_shipped: {error}", file=sys.stderr)
        return 1
    return 0


def _add_pack(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--products", type=Path, required=True, metavar="CSV", help="id, title, image and the targets")
    parser.add_argument("--large-products", type=Path, metavar="DIR", help="large pictures, each called <id>.jpg")
    parser.add_argument(
        "--photos",
        type=Path,
        required=True,
        nargs="+",
        metavar="DIR",
        help="customers' photos, a folder for each class",
    )
    parser.add_argument("--street", type=Path, required=True, metavar="DIR", help="street photos and boxes.csv")
    parser.add_argument("--class-map", type=Path, required=True, metavar="JSON", help="types that each class may show")
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="folder of the packs")


def _add_replay(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("checkpoint", metavar="CHECKPOINT", help="`shipped`, or a folder; the file is written there")
    parser.add_argument("--products", type=Path, required=True, metavar="CSV", help="as for `pack`")
    parser.add_argument("--photos", type=Path, required=True, nargs="+", metavar="DIR", help="as for `pack`")
    parser.add_argument("--street", type=Path, required=True, metavar="DIR", help="as for `pack`")
    parser.add_argument("--class-map", type=Path, required=True, metavar="JSON", help="as for `pack`")


def _add_train(parser: argparse.ArgumentParser) -> None:
    from tools.train_shipped.config import TrainingConfig

    parser.add_argument("packs", type=Path, metavar="PACKS", help="folder that `pack` wrote")
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="folder of the checkpoint")
    parser.add_argument("--device", default="auto", help="auto, cpu, cuda or cuda:N (auto)")
    settings = parser.add_argument_group("settings", "described in tools/train_shipped/config.py")
    for setting in fields(TrainingConfig):
        if isinstance(setting.default, str | int | float):
            settings.add_argument(
                f"--{setting.name.replace('_', '-')}",
                *_ALIASES.get(setting.name, []),
                dest=setting.name,
                type=type(setting.default),
                default=setting.default,
                help=f"({setting.default})",
            )


def _pack(options: argparse.Namespace) -> None:
    from tools.train_shipped.packing import pack

    report = pack(
        options.out,
        products=options.products,
        large_products=options.large_products,
        photos=options.photos,
        street=options.street,
        class_map=options.class_map,
        workers=_usable_cores(),
        progress=progress_bar,
    )
    for sentence in report.unreadable[:_SHOWN_UNREADABLE]:
        print(f"left out: {sentence}", file=sys.stderr)
    counts = ", ".join(f"{count:,} {kind}" for kind, count in report.pictures.items())
    print(f"{options.out}: {counts}, {report.bytes / 1e6:.1f} MB; {len(report.unreadable)} unreadable")


def _replay(options: argparse.Namespace) -> None:
    from model.training.lookalikes.replay_set import QUERY_KINDS
    from tools.train_shipped.replay import make_replay_set
    from tools.train_shipped.replay_sample import ReplayCounts

    path, replay = make_replay_set(
        options.checkpoint,
        products=options.products,
        photos=options.photos,
        street=options.street,
        class_map=options.class_map,
        counts=ReplayCounts(),
        progress=progress_bar,
    )
    queries = ", ".join(f"{len(replay.queries(kind))} held-out {kind}" for kind in QUERY_KINDS)
    print(
        f"{path}: {len(replay.training):,} to repeat, {queries}, {len(replay.products)} products, "
        f"{path.stat().st_size / 1e6:.1f} MB"
    )


def _train(options: argparse.Namespace) -> None:
    from tools.train_shipped.config import TrainingConfig
    from tools.train_shipped.training import train_shipped

    given = {field.name: getattr(options, field.name) for field in fields(TrainingConfig) if field.name in options}
    report = train_shipped(
        options.packs,
        options.out,
        TrainingConfig(**given),
        device=options.device,
        workers=_usable_cores(),
        progress=progress_bar,
    )
    print(json.dumps(report.scores, indent=1))
    print(f"{options.out}: {report.version} after {report.steps:,} steps")


def _usable_cores() -> int:
    # A container may hold this process to fewer cores than the machine has; not every system can tell.
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


if __name__ == "__main__":
    sys.exit(main())
