"""What a garment of the catalogue is: everything that is the same on each of its pictures."""

from dataclasses import dataclass, replace

import numpy as np

from tools.draw_catalogue.palette import PALETTE
from tools.draw_catalogue.pieces import Colour
from tools.draw_catalogue.silhouette import Shape
from tools.draw_catalogue.tailoring import Laying


@dataclass(frozen=True, slots=True)
class Colourway:
    """The colours one style is sold in.

    Attributes:
        main, second, third: names in `PALETTE`.
    """

    main: str
    second: str
    third: str

    @property
    def colours(self) -> tuple[Colour, Colour, Colour]:
        """RGB of the three."""
        return PALETTE[self.main], PALETTE[self.second], PALETTE[self.third]


@dataclass(frozen=True, slots=True)
class Design:
    """A style.

    Attributes:
        number: its place in the catalogue's plan; with the catalogue's seed it fixes the cut.
        category: DeepFashion's name.
        cut: variant within the category.
        fabric, trim: keys of `tools.draw_catalogue.fabric.CLOTHS` for the garment and its bands.
        pattern: key of `tools.draw_catalogue.patterns.PATTERNS`, `Colour Block` or `Graphic`.
        sleeve, neckline, closure, fit, length: as a shop words them.
        gender: `Women`, `Men` or `Unisex`.
        price: in the shop's currency.
        colourways: at least one.
    """

    number: int
    category: str
    cut: str
    fabric: str
    trim: str
    pattern: str
    sleeve: str
    neckline: str
    closure: str
    fit: str
    length: str
    gender: str
    price: float
    colourways: tuple[Colourway, ...]


@dataclass(frozen=True, slots=True)
class Order:
    """What a cutter gets: a design, its colours, and how it will be laid for the photograph.

    Attributes:
        form: random numbers that are the same for every picture of the design.
    """

    design: Design
    colourway: Colourway
    form: np.random.Generator
    laying: Laying

    def shape(self, **measures: float | str) -> Shape:
        """The body's measures in this design's fit and length.

        Args:
            measures: fields of `Shape` that differ from a plain one; `length` is that of a regular garment.
        """
        design, form = self.design, self.form
        ease = {"Slim": -1.6, "Regular": 0.0, "Relaxed": 1.8, "Oversized": 3.8}[design.fit] + form.normal(0, 0.35)
        stretch = {"Cropped": 0.80, "Regular": 1.0, "Long": 1.13}[design.length] * form.uniform(0.97, 1.03)
        plain = replace(Shape(neckline=design.neckline), **measures)  # type: ignore[arg-type]
        nipped = 1.5 if design.gender == "Women" else 0.0
        narrow = 0.93 if design.gender == "Women" else 1.0
        return replace(
            plain,
            neck=plain.neck * form.uniform(0.96, 1.06),
            drop=plain.drop * form.uniform(0.92, 1.08),
            shoulder=(plain.shoulder + 0.55 * ease) * narrow,
            armhole=plain.armhole + 0.35 * ease,
            chest=(plain.chest + ease) * narrow,
            waist=(plain.waist + ease * 1.1) * narrow - nipped,
            hem=(plain.hem + ease * 1.05) * narrow,
            length=plain.length * stretch,
        )

    @property
    def inks(self) -> tuple[Colour, Colour, Colour]:
        """RGB of the colourway."""
        return self.colourway.colours
