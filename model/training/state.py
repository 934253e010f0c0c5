"""The state of a training between two epochs: one file, replaced in one step, that proves itself when read."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import safetensors
from safetensors.torch import load, save
from torch import Tensor

from contracts.errors import ModelError
from model.training.article.config import flag
from storage.durable_files import replace_file

STATE_FILE = "training-state.safetensors"
_FORMAT = 1
_Report = TypeVar("_Report")


@dataclass(frozen=True, slots=True)
class TrainingState:
    """All that a training needs to go on as if it had never stopped.

    Random numbers need none of it: each epoch draws from a generator of the seed and its own number.

    Attributes:
        settings: of the run, JSON types; a run goes on only with the same.
        data: digest of the items, their classes and pictures.
        epochs: figures of those that are done, JSON types.
        tensors: weights of the head and the optimiser's buffers, by name.
    """

    settings: Mapping[str, Any]
    data: str
    epochs: tuple[Mapping[str, Any], ...]
    tensors: Mapping[str, Tensor]


def save_state(folder: Path, state: TrainingState) -> None:
    """Replace the state of a folder.

    Raises:
        OSError: the disk is full; the state before is untouched.
    """
    tensors = {name: tensor.detach().cpu().contiguous() for name, tensor in state.tensors.items()}
    text = json.dumps(
        {
            "format": _FORMAT,
            "settings": dict(state.settings),
            "data": state.data,
            "epochs": [dict(epoch) for epoch in state.epochs],
        }
    )
    content = save(tensors, {"state": text, "sha256": _digest(text, tensors)})
    replace_file(folder / STATE_FILE, content)


def load_state(folder: Path) -> TrainingState | None:
    """The state of a folder, None where there is none.

    Raises:
        ModelError: it is torn, changed, or of another version.
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
        epochs = tuple(dict(epoch) for epoch in fields["epochs"])
        return TrainingState(fields["settings"], fields["data"], epochs, tensors)
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError, safetensors.SafetensorError) as error:
        raise ModelError(
            f"{path} is damaged ({error!s:.200}), so the training cannot go on from it; "
            "remove the folder and train again, or give another --out"
        ) from error


def restored_epochs(state: TrainingState, report: type[_Report]) -> tuple[_Report, ...]:
    """The figures of a state's epochs as a recipe's own reports.

    Raises:
        ModelError: they are of another recipe or version.
    """
    try:
        return tuple(report(**epoch) for epoch in state.epochs)
    except TypeError as error:
        raise ModelError(
            f"the saved training state is of another recipe or version ({error}); give another --out folder"
        ) from error


def check_resumable(state: TrainingState, settings: Mapping[str, Any], data: str, folder: Path) -> None:
    """Refuse to go on with other settings or another catalogue: the result would be neither run's.

    Raises:
        ModelError: names each setting that differs.
    """
    before = state.settings
    names = [*before, *(name for name in settings if name not in before)]
    changes = [
        f"{flag(name)} was {_said(before.get(name))} and is {_said(settings.get(name))} now"
        for name in names
        if before.get(name) != settings.get(name)
    ]
    if changes:
        raise ModelError(
            f"the training in {folder} cannot be resumed with other settings: {'; '.join(changes)}; "
            "give the same ones, or another --out folder"
        )
    if state.data != data:
        raise ModelError(
            f"the training in {folder} cannot be resumed: the catalogue has other items, classes or pictures now; "
            "give the catalogue as it was, or another --out folder"
        )


def _said(value: object) -> str:
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
