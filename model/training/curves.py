"""The training curves: the figures of each epoch as a table and as a plot, next to the checkpoint."""

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from matplotlib.figure import Figure

from storage.durable_files import replace_file

CURVES_CSV = "curves.csv"
CURVES_PNG = "curves.png"


@dataclass(frozen=True, slots=True)
class Panel:
    """One plot over the epochs.

    Attributes:
        label: of the vertical axis, with the unit.
        epochs: number of the last epoch.
        curves: name -> one value for each epoch up to the last, from 1 on or from 0 on.
        highest: upper end of the vertical axis; None fits it to the values.
    """

    label: str
    epochs: int
    curves: Mapping[str, Sequence[float]]
    highest: float | None = None


def write_table(folder: Path, epochs: Sequence[Mapping[str, Any]]) -> None:
    """Write `curves.csv`, atomically.

    Args:
        folder: of the file.
        epochs: figures of each epoch by name. The last has all names; a figure that another lacks is left empty.
    """
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, list(epochs[-1]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(epochs)
    replace_file(folder / CURVES_CSV, text.getvalue().encode())


def draw_curves(folder: Path, panels: Sequence[Panel]) -> None:
    """Draw `curves.png`, atomically; takes half a second."""
    # Not pyplot, which has global state and may look for a screen.
    figure = Figure(figsize=(5 * len(panels), 4), layout="constrained")
    for axes, panel in zip(figure.subplots(1, len(panels), squeeze=False)[0], panels, strict=True):
        for name, values in panel.curves.items():
            axes.plot(range(panel.epochs + 1 - len(values), panel.epochs + 1), values, marker=".", label=name)
        axes.set(xlabel="epoch", ylabel=panel.label, ylim=(0, panel.highest))
        axes.xaxis.get_major_locator().set_params(integer=True)
        axes.grid(alpha=0.3)
        axes.legend()
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=100)
    replace_file(folder / CURVES_PNG, buffer.getvalue())
