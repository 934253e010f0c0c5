"""Trains and scores the garment detector that ships with Lookalike.

    python -m tools.train_detector train CHECKPOINT --street street --phone photos more-photos \
      --products items.csv --large-products large/images --seconds 2300

trains on the CPU and puts the detector into a checkpoint, in place of the one that it may have.

    python -m tools.train_detector score CHECKPOINT --street street --bundles bundles --class-map class-map.json

scores it on the street photos that were held out: average precision and time in bfloat16 and in float32, and how well
whole photos find in an index of the checkpoint's own network.

    python -m tools.train_detector copy FROM CHECKPOINT

takes the detector of one checkpoint into another. docs/experiments/garments.md says more.
"""

import argparse
import os
import sys
import warnings
from dataclasses import fields
from pathlib import Path

from contracts.errors import LookalikeError, ModelError

_REPORTED_STEPS = 20


def main() -> int:
    """Train, score or copy, and say what came of it."""
    # Of OpenVINO's converter, which asks torch for what is going to be replaced.
    warnings.filterwarnings("ignore", category=FutureWarning, module="torch.jit")
    parser = argparse.ArgumentParser(prog="python -m tools.train_detector", description="Train a garment detector.")
    verbs = parser.add_subparsers(required=True)
    _add_train(verbs.add_parser("train", help="train a detector into a checkpoint"))
    _add_score(verbs.add_parser("score", help="score a checkpoint's detector on held-out photos"))
    copying = verbs.add_parser("copy", help="take a checkpoint's detector into another checkpoint")
    copying.add_argument("source", metavar="FROM", help="a checkpoint folder, or `shipped`")
    copying.add_argument("checkpoint", type=Path, metavar="CHECKPOINT", help="folder of the other checkpoint")
    copying.set_defaults(run=_copy)
    options = parser.parse_args()
    try:
        options.run(options)
    except (LookalikeError, OSError) as error:
        print(f"train_detector: {error}", file=sys.stderr)
        return 1
    return 0


def _add_train(parser: argparse.ArgumentParser) -> None:
    from tools.train_detector.config import TrainingConfig

    parser.add_argument("checkpoint", type=Path, metavar="CHECKPOINT", help="folder of the checkpoint")
    parser.add_argument("--street", type=Path, required=True, metavar="DIR", help="street photos and boxes.csv")
    parser.add_argument("--phone", type=Path, required=True, nargs="+", metavar="DIR", help="a folder for each class")
    parser.add_argument("--products", type=Path, required=True, metavar="CSV", help="id, title, articleType")
    parser.add_argument("--large-products", type=Path, required=True, metavar="DIR", help="pictures called <id>.jpg")
    settings = parser.add_argument_group("settings", "described in tools/train_detector/config.py")
    for setting in fields(TrainingConfig):
        if isinstance(setting.default, str | int | float):
            name = f"--{setting.name.replace('_', '-')}"
            settings.add_argument(name, type=type(setting.default), default=setting.default, help="(%(default)s)")
    parser.set_defaults(run=_train)


def _add_score(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("checkpoint", metavar="CHECKPOINT", help="a checkpoint folder, or `shipped`")
    parser.add_argument("--street", type=Path, required=True, metavar="DIR", help="street photos and boxes.csv")
    parser.add_argument("--bundles", type=Path, metavar="DIR", help="index of products, of the checkpoint's network")
    parser.add_argument("--class-map", type=Path, metavar="JSON", help="types that each class may show")
    parser.set_defaults(run=_score)


def _train(options: argparse.Namespace) -> None:
    from tools.train_detector.config import TrainingConfig
    from tools.train_detector.trainer import Step
    from tools.train_detector.training import TrainingSources, train_into

    def report(step: Step) -> None:
        if step.number % _REPORTED_STEPS == 0:
            losses = f"scores {step.score_loss:.3f}, boxes {step.box_loss:.3f}"
            print(f"step {step.number}, {step.elapsed_s:.0f} s: {losses}", file=sys.stderr)

    given = {field.name: getattr(options, field.name) for field in fields(TrainingConfig) if field.name in options}
    sources = TrainingSources(options.street, options.phone, options.products, options.large_products)
    version = train_into(options.checkpoint, sources, TrainingConfig(**given), workers=_usable_cores(), report=report)
    print(f"{version} is in {options.checkpoint}")


def _score(options: argparse.Namespace) -> None:
    from model.detection.loading import load_detector
    from tools.train_detector.measuring import run_detector
    from tools.train_detector.photos import street_photos
    from tools.train_detector.report import precision_table, search_table, time_line
    from tools.train_detector.scoring import average_precisions

    if (options.bundles is None) != (options.class_map is None):
        raise ModelError("--bundles and --class-map go together; pass both, or neither to measure no searches")
    cores = _usable_cores()
    photos = street_photos(options.street, longer_side=640, workers=cores).held_out
    found = {}
    for precision in ("bfloat16", "float32"):
        engine = load_detector(options.checkpoint, threads=cores, engine="openvino", precision=precision)
        if engine is None:
            raise ModelError(f"{options.checkpoint} has no garment detector; `train` or `copy` makes one")
        found[precision] = run_detector(engine, photos)
        print(time_line(f"{engine.version}, {precision}, {cores} cores", found[precision]))
    print(precision_table({way: average_precisions(photos, each.ranked) for way, each in found.items()}))
    if options.bundles is not None:
        from contracts.class_map import read_class_map
        from index.bundle import open_current
        from index.part_searcher import PartSearcher
        from model.detection.prominent import prominent_garment
        from model.loading import load_engine
        from tools.train_detector.searches import PhotoSearches
        from tools.train_detector.whole_photos import WholePhotoJudge

        searches = PhotoSearches(load_engine(options.checkpoint), PartSearcher.of(open_current(options.bundles)))
        types = read_class_map(options.class_map)
        print(
            search_table(WholePhotoJudge(photos, found["bfloat16"].served, searches, types).scores(prominent_garment))
        )


def _copy(options: argparse.Namespace) -> None:
    from model.detection.carrying import detector_of
    from model.detection.files import put_detector

    detector = detector_of(options.source)
    if detector is None:
        raise ModelError(f"{options.source} has no garment detector to copy; pass `shipped`")
    put_detector(options.checkpoint, detector)
    print(f"{detector.description.version} is in {options.checkpoint}")


def _usable_cores() -> int:
    # A container may hold this process to fewer cores than the machine has; not every system can tell.
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


if __name__ == "__main__":
    sys.exit(main())
