"""`lookalike export`."""

import argparse
import sys
from pathlib import Path

from commands.networks import say_without_graph
from commands.options import CATALOGUE_HELP, Verbs


def add_verb(verbs: "Verbs[argparse.ArgumentParser]") -> None:
    """Describe the verb."""
    verb = verbs.add_parser(
        "export",
        help="checkpoint -> the same checkpoint with a graph for engines other than torch",
        description="Write a network with the graph that OpenVINO and ONNX Runtime run it by. `lookalike train` "
        "writes that graph too; checkpoints of earlier versions have none. In: a checkpoint. Out: DIR with the same "
        "network, of the same model version. DIR may be the checkpoint's own folder. Needs torch; takes some seconds. "
        "With --precision int8, a checkpoint that has a graph gets one in int8 too, calibrated on 300 pictures. This "
        "needs ONNX Runtime, and no torch. It is checked at once, and the last line says whether --engine auto will "
        "take it. A check that fails ends with status 0 too: the files are written, and --precision int8 uses them.",
    )
    verb.add_argument(
        "checkpoint", metavar="CHECKPOINT", help="a folder, `shipped`, `imagenet:` and a backbone, or timm:NAME"
    )
    verb.add_argument("--out", type=Path, required=True, metavar="DIR", help="folder of the new checkpoint")
    verb.add_argument("--precision", choices=("float32", "int8"), default="float32", help="of the graph (float32)")
    verb.add_argument(
        "--catalogue",
        type=Path,
        metavar="PATH",
        help=f"calibrate int8 on its pictures instead of the sample's: {CATALOGUE_HELP}",
    )
    verb.set_defaults(run=_export)


def _export(options: argparse.Namespace) -> int:
    if options.precision == "int8":
        return _export_int8(options.checkpoint, options.out, options.catalogue)
    from contracts.errors import LaunchError
    from model.needing_torch import need_torch

    if options.catalogue is not None:
        raise LaunchError("--catalogue is what int8 is calibrated on; pass --precision int8 too, or leave it out")
    need_torch("lookalike export")
    from model.checkpoint import save_checkpoint
    from model.description import read_description
    from model.detection.carrying import detector_of
    from model.torch_loading import load_model

    loaded = load_model(options.checkpoint)
    version = save_checkpoint(
        options.out,
        loaded.network,
        loaded.preprocessing,
        loaded.training,
        parts=loaded.parts,
        detector=detector_of(options.checkpoint),
    )
    has_graph = read_description(options.out).graph is not None
    print(f"{version} {'with its graph' if has_graph else 'without a graph'} is in {options.out}")
    say_without_graph(options.out)
    return 0


def _export_int8(source: str, out: Path, path: Path | None) -> int:
    from contracts.errors import ModelError
    from model.description import read_description
    from model.engines.choosing import check_installed
    from model.shipped_networks import folder_of

    check_installed("onnxruntime", "to quantise a network")
    from model.calibration import drawn_for_calibration
    from model.catalogue.opening import open_catalogue
    from model.int8_export import export_int8
    from model.int8_verdict import int8_verdict

    folder = folder_of(source)
    if folder is None:
        raise ModelError(f"{source} has no graph; run `lookalike export {source} --out DIR` first, then pass DIR")
    description = read_description(folder)
    catalogue = None if path is None else open_catalogue(path)
    for note in () if catalogue is None else catalogue.notes:
        print(f"lookalike: {note}", file=sys.stderr)
    pictures = drawn_for_calibration(description, catalogue)
    export_int8(description, pictures, out)
    print(f"{description.version} with a graph in int8, calibrated on {len(pictures)} pictures, is in {out}")
    print(int8_verdict(out))
    return 0
