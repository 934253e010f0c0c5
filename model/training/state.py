"""The state of a training between two epochs: one file, replaced atomically and verified by its checksum."""

import hashlib
import json
from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import safetensors
from safetensors.torch import load, save
from torch import Tensor

from contracts.errors import ModelError
from model.training.epochs import EpochReport, EpochZero, Scored
from model.training.options import option
from storage.durable_files import replace_file

STATE_FILE = "training-state.safetensors"
_FORMAT = 3


@dataclass(frozen=True, slots=True)
class TrainingState:
    """Everything that a training needs to continue as if it had never stopped.

    No random state is kept: each epoch draws from generators that are seeded with the seed and its own number.

    Attributes:
        settings: of the run, JSON types; only a run with the same settings may continue.
        data: digest of the items, their classes and pictures.
        zero: figures of the network before training; None if nothing is held out.
        epochs: figures of the epochs that are done.
        tensors: weights, buffers of the optimiser and whatever else the recipe keeps, by name.
    """

    settings: Mapping[str, Any]
    data: str
    zero: EpochZero | None
    epochs: tuple[EpochReport, ...]
    tensors: Mapping[str, Tensor]


def save_state(folder: Path, state: TrainingState) -> None:
    """Write the state of a training; a previous one is replaced atomically.

    Raises:
        OSError: the disk is full; the previous state is untouched.
    """
    tensors = {name: tensor.detach().cpu().contiguous() for name, tensor in state.tensors.items()}
    text = json.dumps(
        {
            "format": _FORMAT,
            "settings": dict(state.settings),
            "data": state.data,
            "zero": None if state.zero is None else asdict(state.zero),
            "epochs": [asdict(epoch) for epoch in state.epochs],
        }
    )
    content = save(tensors, {"state": text, "sha256": _digest(text, tensors)})
    replace_file(folder / STATE_FILE, content)


def load_state(folder: Path) -> TrainingState | None:
    """Read the state of a training; None if the folder has none.

    Raises:
        ModelError: it is incomplete, was changed, or was written by another version of this program.
    """
    path = folder / STATE_FILE
    try:
        content = path.read_bytes()
        tensors = load(content)
        with safetensors.safe_open(path, "pt") as file:
            metadata = file.metadata()
        fields = json.loads(metadata["state"])
        if metadata["sha256"] != _digest(metadata["state"], tensors):
            raise ValueError("its content was changed")
        if fields["format"] != _FORMAT:
            raise ValueError(f"it has format {fields['format']}, and this version reads {_FORMAT}")
        epochs = tuple(EpochReport(**epoch) for epoch in fields["epochs"])
        return TrainingState(fields["settings"], fields["data"], _zero(fields["zero"]), epochs, tensors)
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError, safetensors.SafetensorError) as error:
        raise ModelError(
            f"{path} is damaged ({error!s:.200}), so the training cannot continue from it; "
            "remove the folder and train again, or give another --out"
        ) from error


def remove_state(folder: Path) -> None:
    """Delete the state of a training, if there is one."""
    (folder / STATE_FILE).unlink(missing_ok=True)


def check_resumable(
    state: TrainingState, settings: Mapping[str, Any], data: str, folder: Path, *, changeable: Collection[str] = ()
) -> None:
    """Refuse to continue with other settings or another catalogue.

    Args:
        state: where the training stopped.
        settings: to continue with.
        data: digest of what is trained on now.
        folder: of the training.
        changeable: settings that may differ.

    Raises:
        ModelError: names each setting that differs.
    """
    before = state.settings
    names = [*before, *(name for name in settings if name not in before)]
    changes = [
        f"{option(name)} was {_shown(before.get(name))} and is {_shown(settings.get(name))} now"
        for name in names
        if before.get(name) != settings.get(name) and name not in changeable
    ]
    if changes:
        more = ""
        if before.get("epochs") != settings.get("epochs") and "epochs" not in changeable:
            more = f"; to train a finished network for more epochs, train on from it: {train_on(folder)}"
        raise ModelError(
            f"the training in {folder} cannot be resumed with other settings: {'; '.join(changes)}; "
            f"give the same ones, or another --out folder{more}"
        )
    if state.data != data:
        raise ModelError(
            f"the training in {folder} cannot be resumed: the catalogue has other items, classes or pictures now; "
            "give the catalogue as it was, or another --out folder"
        )


def train_on(folder: Path) -> str:
    """The options that begin another training with the network of a finished one."""
    return f"`lookalike train ... --start {folder} --out ANOTHER`"


def _zero(fields: Mapping[str, Any] | None) -> EpochZero | None:
    if fields is None:
        return None
    tested = fields["tested"]
    precision = {str(name): float(value) for name, value in tested.get("precision", {}).items()}
    return EpochZero(
        Scored(float(tested["top1"]), tuple(map(bool, tested["right"])), precision), float(fields["seconds"])
    )


def _shown(value: object) -> str:
    if isinstance(value, bool):
        return "on" if value else "off"
    if isinstance(value, (list, tuple)):
        return ",".join(map(str, value))
    return "unset" if value is None else str(value)


def _digest(text: str, tensors: Mapping[str, Tensor]) -> str:
    digest = hashlib.sha256(text.encode())
    for name, tensor in sorted(tensors.items()):
        digest.update(f"{name}:{tensor.dtype}:{tuple(tensor.shape)};".encode())
        digest.update(tensor.contiguous().reshape(-1).numpy().data.cast("B"))
    return digest.hexdigest()
