"""The choices that one category comes in."""

from dataclasses import dataclass

_FITS = ("Slim", "Regular", "Regular", "Relaxed")


@dataclass(frozen=True, slots=True)
class Range:
    """The choices of one category; a choice named twice is twice as likely.

    Attributes:
        cuts: variants of the cut.
        cloths: keys of `tools.draw_catalogue.fabric.CLOTHS`.
        patterns: keys of `tools.draw_catalogue.patterns.PATTERNS`, `Colour Block` or `Graphic`.
        sleeves, necklines, closures, fits, lengths, genders: as a shop words them.
        colours: names of main colours.
        price: lowest and highest.
        noun: in titles, the category's name when empty.
    """

    cuts: tuple[str, ...]
    cloths: tuple[str, ...]
    patterns: tuple[str, ...]
    colours: tuple[str, ...]
    price: tuple[int, int]
    sleeves: tuple[str, ...] = ("Long Sleeve",)
    necklines: tuple[str, ...] = ("Crew Neck",)
    closures: tuple[str, ...] = ("Pullover",)
    fits: tuple[str, ...] = _FITS
    lengths: tuple[str, ...] = ("Regular", "Regular", "Regular", "Long")
    genders: tuple[str, ...] = ("Women", "Men", "Unisex")
