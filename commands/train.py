"""`lookalike train`."""

import argparse
from pathlib import Path

from commands.options import Verbs, add_catalogue, add_device, positive
from contracts.networks import NETWORKS


def add_verb(verbs: "Verbs[argparse.ArgumentParser]") -> None:
    """Describe the verb."""
    verb = verbs.add_parser(
        "train",
        help="catalogue -> checkpoint",
        description="Fine-tune a network on a catalogue's classes. In: a catalogue. Out: DIR with the checkpoint of "
        "the best epoch, curves.csv and curves.png, and the state that --resume goes on from. The article's recipe: "
        "the ImageNet backbone stays frozen, so each picture goes through it once a view (as long as `extract` takes, "
        "times --views); after that an epoch takes seconds.",
    )
    add_catalogue(verb)
    verb.add_argument("--out", type=Path, required=True, metavar="DIR", help="folder of the checkpoint")
    verb.add_argument("--recipe", choices=("article",), default="article", help="(article)")
    verb.add_argument("--network", choices=NETWORKS, default="resnet50", help="backbone (resnet50)")
    verb.add_argument("--target", default="category", metavar="COLUMN", help="attribute to learn (category)")
    verb.add_argument("--epochs", type=positive, default=10, metavar="N", help="(10)")
    verb.add_argument("--lr", type=float, default=1e-3, help="learning rate (0.001)")
    verb.add_argument("--momentum", type=float, default=0.5, help="of SGD (0.5)")
    verb.add_argument("--triplet-weight", type=float, default=2.0, help="beside the cross-entropy (2)")
    verb.add_argument("--margin", type=float, default=1.0, help="of the triplets (1)")
    verb.add_argument("--batch-size", type=positive, default=32, metavar="N", help="anchors in a step (32)")
    verb.add_argument("--views", type=positive, default=2, metavar="N", help="augmented copies of each picture (2)")
    verb.add_argument("--seed", type=int, default=0, help="the same seed gives the same network (0)")
    verb.add_argument("--resume", action="store_true", help="go on with a training that was stopped, same options")
    add_device(verb)
    verb.set_defaults(run=_train)


def _train(options: argparse.Namespace) -> int:
    from launch.progress import progress_bar
    from model.catalogue.opening import open_catalogue
    from model.training.article import train_article
    from model.training.config import ArticleConfig
    from model.unreadable import UNREADABLE_REPORT

    config = ArticleConfig(
        network=options.network,
        target=options.target,
        epochs=options.epochs,
        lr=options.lr,
        momentum=options.momentum,
        triplet_weight=options.triplet_weight,
        margin=options.margin,
        batch_size=options.batch_size,
        seed=options.seed,
        crop_to_box=options.crop_to_box,
        views=options.views,
    )
    report = train_article(
        open_catalogue(options.catalogue, format=options.format),
        options.out,
        config,
        device=options.device,
        resume=options.resume,
        workers=options.workers,
        progress=progress_bar,
        on_epoch=lambda epoch: print(epoch, flush=True),
    )
    left_out = (
        f"{report.unlabelled:,} without {options.target!r}, {report.unknown:,} of a class that is not trained, "
        f"{report.unreadable:,} unreadable"
    )
    print(
        f"{options.out}: {report.version}, {report.classes:,} classes, epoch {report.best.epoch} of "
        f"{len(report.epochs)}: top-1 {report.best.test_top1:.2%} on {report.test_items:,} test pictures, trained on "
        f"{report.train_items:,} (left out: {left_out}), in {report.seconds:.1f} s"
    )
    if report.unreadable:
        print(f"why the unreadable ones are: {options.out / UNREADABLE_REPORT}")
    return 0
