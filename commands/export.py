"""`lookalike export`."""

import argparse
from pathlib import Path

from commands.options import Verbs


def add_verb(verbs: "Verbs[argparse.ArgumentParser]") -> None:
    """Describe the verb."""
    verb = verbs.add_parser(
        "export",
        help="checkpoint -> the same checkpoint with a graph for engines other than torch",
        description="Write a network with the graph that OpenVINO and ONNX Runtime run it by. `lookalike train` "
        "writes that graph too; checkpoints of earlier versions have none. In: a checkpoint. Out: DIR with the same "
        "network, of the same model version. DIR may be the checkpoint's own folder. Needs torch; takes some seconds.",
    )
    verb.add_argument("checkpoint", metavar="CHECKPOINT", help="a folder, `shipped`, or `imagenet:` and a backbone")
    verb.add_argument("--out", type=Path, required=True, metavar="DIR", help="folder of the new checkpoint")
    verb.set_defaults(run=_export)


def _export(options: argparse.Namespace) -> int:
    from model.needing_torch import need_torch

    need_torch("lookalike export")
    from model.checkpoint import save_checkpoint
    from model.torch_loading import load_model

    loaded = load_model(options.checkpoint)
    version = save_checkpoint(options.out, loaded.network, loaded.preprocessing, loaded.training, parts=loaded.parts)
    print(f"{version} with its graph is in {options.out}")
    return 0
