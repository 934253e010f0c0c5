"""`lookalike train`."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from commands.customers_pictures import customers_pictures
from commands.networks import FOREIGN_HELP, network, say_without_graph
from commands.options import Verbs, add_catalogue, add_device, columns, natural, positive
from contracts.errors import ModelError
from contracts.networks import NETWORKS, is_foreign

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from contracts.progress import Progress
    from model.catalogue.catalogue import Catalogue

_LOOKALIKES, _ARTICLE = "lookalikes", "article"
# Options of every run, which are not settings of a recipe.
_ALWAYS = {
    *(
        "catalogue",
        "format",
        "max_failed",
        "strict",
        "follow_links",
        "image_hosts",
        "workers",
        "device",
        "out",
        "recipe",
    ),
    *("resume", "keep_state", "run"),
}


def add_verb(verbs: "Verbs[argparse.ArgumentParser]") -> None:
    """Describe the verb."""
    verb = verbs.add_parser(
        "train",
        help="catalogue -> checkpoint",
        description="Fine-tune a network on a catalogue. In: a catalogue and, optionally, customers' photos. Out: DIR "
        "with the checkpoint of the best epoch, curves.csv and curves.png, and until it is finished the state that "
        "--resume continues from. Its last line says whether the network is better than the one it began with, when "
        "searched as an index is served. The default recipe trains the whole network so that items which agree in all "
        "--targets are near each other, from shop pictures and from phone photos alike. On two cores it takes about "
        "9 ms per picture and epoch for resnet18 at 96 pixels (35,000 pictures: 5 minutes an epoch), three times that "
        "if the processor lacks bfloat16. The article's recipe (--recipe article) trains one category on top of a "
        "frozen ImageNet backbone. Each picture goes through the backbone once per view, which takes as long as "
        "`extract`; after that an epoch takes seconds.",
        argument_default=argparse.SUPPRESS,
    )
    add_catalogue(verb)
    verb.add_argument("--out", type=Path, required=True, metavar="DIR", help="folder of the checkpoint")
    verb.add_argument("--recipe", choices=(_LOOKALIKES, _ARTICLE), default=_LOOKALIKES, help="(lookalikes)")
    verb.add_argument("--resume", action="store_true", default=False, help="continue a stopped training")
    verb.add_argument(
        "--keep-state",
        action="store_true",
        default=False,
        help="keep the state that --resume continues from when the training is finished; it is much larger than the "
        "checkpoint",
    )
    add_device(verb)
    both = verb.add_argument_group("both recipes")
    both.add_argument(
        "--network",
        type=network,
        metavar="NAME",
        help=f"backbone: {', '.join(NETWORKS)}, {FOREIGN_HELP} (that of --start, else efficientnet_lite2; article: "
        "resnet50)",
    )
    both.add_argument(
        "--weights",
        type=Path,
        metavar="FILE.safetensors",
        help="initial weights of a timm: or open_clip: backbone, instead of those from the Hugging Face Hub",
    )
    both.add_argument("--epochs", type=positive, metavar="N", help="(20; article: 10)")
    both.add_argument("--lr", type=float, help="peak learning rate of the new layers (0.002; article: 0.001)")
    both.add_argument("--batch-size", type=positive, metavar="N", help="pictures per step (64; article: 32)")
    both.add_argument(
        "--input-size",
        type=positive,
        metavar="PIXELS",
        help="side of the square input (that of the network in --start, else 96; article: 224; of a timm: or "
        "open_clip: backbone its own)",
    )
    both.add_argument("--seed", type=natural, help="the same seed gives the same network (0)")
    default = verb.add_argument_group("default recipe")
    default.add_argument("--targets", type=columns, metavar="A,B", help="attributes to learn, all at once (category)")
    default.add_argument("--photos", type=Path, metavar="CATALOGUE", help="customers' photos to train on as well")
    default.add_argument(
        "--class-map",
        type=Path,
        metavar="FILE",
        help="JSON: category of a photo -> values of the first target that fit it; garments of --street are looked up "
        "as street-<class>, then as <class>",
    )
    default.add_argument(
        "--street",
        type=Path,
        metavar="FOLDER",
        help="street photos to train on as well: a folder with boxes.csv, whose columns are photo, class, x1, y1, x2, "
        "y2 (a row for each garment, its box as fractions of the photo's sides); needs --class-map",
    )
    default.add_argument(
        "--start",
        metavar="WHAT",
        help="initial weights: shipped, shipped:efficientnet_lite0, imagenet (of a timm: or open_clip: backbone those "
        "that it was published with, which is its default), random or a checkpoint's folder",
    )
    default.add_argument("--teacher", metavar="DIR", help="checkpoint whose embeddings the network also imitates")
    default.add_argument("--backbone-lr", type=float, help="peak learning rate of the backbone (0.0005)")
    default.add_argument("--weight-decay", type=float, help="weight decay of AdamW (0.02)")
    default.add_argument(
        "--small-epochs", type=natural, metavar="N", help="first epochs to train at two thirds of the input size (0)"
    )
    default.add_argument("--photo-share", type=float, help="share of photos per step (0.2)")
    default.add_argument("--street-share", type=float, help="share of garments of --street per step (0.15)")
    default.add_argument(
        "--calm-share", type=float, help="share of views that are only mirrored and moved a little (0.3)"
    )
    default.add_argument("--label-smoothing", type=float, help="label smoothing of the targets (0.05)")
    default.add_argument("--item-weight", type=float, help="weight of the loss on single items (1)")
    default.add_argument("--teacher-weight", type=float, help="weight of imitating --teacher (5)")
    default.add_argument(
        "--keep-weight",
        type=float,
        help="from a trained --start: weight of staying near it, so that it forgets less about photos (5)",
    )
    default.add_argument(
        "--replay-weight",
        type=float,
        help="from a --start that comes with a replay set: weight of repeating features that it was trained on (1)",
    )
    default.add_argument(
        "--frozen-stages",
        type=natural,
        metavar="N",
        help="leave the first N stages of the backbone as they are (0)",
    )
    default.add_argument(
        "--patience", type=natural, metavar="N", help="stop after N epochs without improvement; 0: never (5)"
    )
    default.add_argument(
        "--no-hold-out", dest="hold_out", action="store_false", help="train on all items, without a test set"
    )
    article = verb.add_argument_group("article's recipe")
    article.add_argument("--target", metavar="COLUMN", help="attribute to learn (category)")
    article.add_argument("--momentum", type=float, help="momentum of SGD (0.5)")
    article.add_argument("--triplet-weight", type=float, help="weight of the triplet loss beside the cross-entropy (2)")
    article.add_argument("--margin", type=float, help="margin of the triplet loss (1)")
    article.add_argument("--views", type=positive, metavar="N", help="augmented copies of each picture (2)")
    verb.set_defaults(run=_train)


def _train(options: argparse.Namespace) -> int:
    from commands.reading import by_url, reported
    from model.catalogue.opening import open_catalogue
    from model.needing_torch import need_torch
    from model.tolerance import Tolerance

    need_torch("lookalike train")
    given = {name: value for name, value in vars(options).items() if name not in _ALWAYS}
    if "weights" in given:
        given["weights"] = str(given["weights"].resolve())
    tolerance = Tolerance(options.max_failed, options.strict)
    catalogue = reported(
        options.out,
        lambda: open_catalogue(
            options.catalogue,
            format=vars(options).get("format"),
            tolerance=tolerance,
            follow_links=options.follow_links,
            by_url=by_url(options),
        ),
    )
    if catalogue.kind == "street":
        given["crop_to_box"] = True
    return (_article if options.recipe == _ARTICLE else _lookalikes)(catalogue, options, given)


def _lookalikes(catalogue: "Catalogue", options: argparse.Namespace, given: dict[str, Any]) -> int:
    from evaluation.served_measure import DefaultIndex
    from launch.progress import print_line
    from model.training.gain import in_words
    from model.training.lookalikes.config import LookalikeConfig
    from model.training.lookalikes.forgetting import forgotten
    from model.training.lookalikes.initialisation import default_start
    from model.training.lookalikes.targets import choose_targets
    from model.training.lookalikes.training import train_lookalikes

    photos, street = customers_pictures(options, given)
    first = default_start(given.pop("network", None), given.pop("start", None))
    config = _configured(
        LookalikeConfig, {**first, **given, "targets": choose_targets(catalogue, given.get("targets"))}
    )
    report = train_lookalikes(
        catalogue,
        options.out,
        config,
        DefaultIndex(),
        photos=photos,
        street=street,
        device=options.device,
        resume=options.resume,
        keep_state=options.keep_state,
        workers=options.workers,
        progress=_steady_bar,
        on_epoch=print_line,
    )
    learned = ", ".join(f"{target} ({count} values)" for target, count in report.classes.items())
    recall, top1 = report.best.scores["test_recall"], report.best.scores["test_top1"]
    tested = (
        f"fine R@1 as served {recall:.3f}, top-1 {top1:.2%} on {report.test_items:,} test items"
        if recall or top1
        else "nothing held out to test on, so the last epoch"
    )
    print(
        f"{options.out}: {report.version}, learned {learned}, epoch {report.best.epoch} of {len(report.epochs)}: "
        f"{tested}, trained on {report.train_items:,} pictures, {report.photos:,} photos and "
        f"{report.street_garments:,} street garments (left out: "
        f"{report.unlabelled:,} without any target, {report.unreadable:,} unreadable), in {report.seconds:.1f} s"
    )
    _say_unreadable(report.unreadable, options.out)
    say_without_graph(options.out)
    for sentence in () if report.zero is None else forgotten(report.zero.tested.precision, report.best.scores):
        print(sentence)
    print(in_words(report.gain))
    return 0


def _article(catalogue: "Catalogue", options: argparse.Namespace, given: dict[str, Any]) -> int:
    from evaluation.served_measure import DefaultIndex
    from launch.progress import print_line
    from model.training.article.config import ArticleConfig
    from model.training.article.training import train_article
    from model.training.gain import in_words

    if is_foreign(given.get("network", "")):
        from model.backbones import backbone_spec

        spec = backbone_spec(given["network"])
        given = {"input_size": spec.input_size, **given, "network": spec.name}
    config = _configured(ArticleConfig, given)
    report = train_article(
        catalogue,
        options.out,
        config,
        DefaultIndex(),
        device=options.device,
        resume=options.resume,
        keep_state=options.keep_state,
        workers=options.workers,
        progress=_steady_bar,
        on_epoch=print_line,
    )
    left_out = (
        f"{report.unlabelled:,} without {config.target!r}, {report.unknown:,} of a class outside the training set, "
        f"{report.unreadable:,} unreadable"
    )
    print(
        f"{options.out}: {report.version}, {report.classes:,} classes, epoch {report.best.epoch} of "
        f"{len(report.epochs)}: top-1 {report.best.scores['test_top1']:.2%} on {report.test_items:,} test pictures, "
        f"trained on {report.train_items:,} (left out: {left_out}), in {report.seconds:.1f} s"
    )
    _say_unreadable(report.unreadable, options.out)
    say_without_graph(options.out)
    print(in_words(report.gain))
    return 0


def _steady_bar(label: str, unit: str) -> "AbstractContextManager[Progress]":
    from launch.progress import progress_bar

    # The test after each epoch is a pause in the counted work; a mean rate includes it.
    return progress_bar(label, unit, smoothing=0.0)


def _configured(config: type[Any], given: dict[str, Any]) -> Any:
    """A recipe's settings from the given options; the others have the recipe's defaults."""
    foreign = sorted(set(given) - set(config.__dataclass_fields__))
    if foreign:
        from model.training.options import option

        raise ModelError(
            f"{', '.join(option(name) for name in foreign)} belongs to the other recipe; leave it out, or change "
            "--recipe (`lookalike train --help` groups the options by recipe)"
        )
    return config(**given)


def _say_unreadable(count: int, out: Path) -> None:
    from model.unreadable import UNREADABLE_REPORT

    if count:
        print(f"reasons for the unreadable ones: {out / UNREADABLE_REPORT}")
