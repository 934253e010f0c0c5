"""Draws designs: which styles exist in a catalogue, and what they are called."""

from collections.abc import Sequence

import numpy as np

from tools.draw_catalogue.design import Colourway, Design
from tools.draw_catalogue.fabric import CLOTHS
from tools.draw_catalogue.palette import DARK, PALE, PALETTE, luma
from tools.draw_catalogue.ranges import RANGES

# Cuts that fix a property whatever the range would allow.
_FIXED: dict[tuple[str, str], dict[str, str]] = {
    ("Blouse", "Tie Neck"): {"neckline": "Tie Neck"},
    ("Blouse", "V-Neck"): {"neckline": "V-Neck"},
    ("Blouse", "Ruffle"): {"neckline": "V-Neck"},
    ("Blouse", "Band Collar"): {"neckline": "Band Collar"},
    ("Blouse", "Shirt"): {"neckline": "Shirt Collar"},
    ("Bomber", "Quilted"): {"fabric": "nylon", "pattern": "Solid"},
    ("Bomber", "Varsity"): {"fabric": "wool", "pattern": "Solid", "closure": "Snaps"},
    ("Button-Down", "Band Collar"): {"neckline": "Band Collar"},
    ("Button-Down", "Camp Collar"): {"neckline": "Camp Collar", "sleeve": "Short Sleeve"},
    ("Button-Down", "Oxford"): {"fabric": "oxford"},
    ("Blazer", "Double-Breasted"): {"neckline": "Peak Lapel", "closure": "Double-Breasted"},
    ("Jacket", "Trucker"): {"fabric": "denim"},
    ("Jacket", "Field"): {"fabric": "twill", "length": "Regular"},
    ("Jacket", "Biker"): {"fabric": "leather", "neckline": "Wide Lapel", "closure": "Zip"},
    ("Jacket", "Puffer"): {"fabric": "nylon", "neckline": "High Neck", "closure": "Zip"},
    ("Jersey", "Basketball"): {"sleeve": "Sleeveless"},
    ("Parka", "Down"): {"fabric": "nylon", "pattern": "Solid"},
    ("Peacoat", "Classic"): {},
    ("Poncho", "Buttoned"): {"neckline": "Crew Neck", "closure": "Buttons"},
    ("Tee", "Raglan"): {"neckline": "Crew Neck", "pattern": "Solid"},
    ("Tee", "Ringer"): {"sleeve": "Short Sleeve"},
    ("Top", "Camisole"): {"sleeve": "Sleeveless", "neckline": "V-Neck"},
    ("Top", "Wrap"): {"neckline": "V-Neck", "closure": "Wrap"},
    ("Top", "Off Shoulder"): {"neckline": "Off Shoulder"},
}
_PLAIN_ONLY = {"denim", "leather", "suede", "waffle", "tweed", "corduroy", "cable_knit"}
_TRIMS = {
    "Anorak": "nylon",
    "Bomber": "rib_knit",
    "Halter": "self",
    "Henley": "fine_rib",
    "Jersey": "jersey",
    "Tank": "jersey",
    "Tee": "fine_rib",
    "Top": "self",
}
_SLEEVES = {"Short Sleeve": "Short-Sleeve", "3/4 Sleeve": "Three-Quarter", "Cap Sleeve": "Cap-Sleeve"}


def draw_design(rng: np.random.Generator, category: str, number: int, variant: int) -> Design:
    """One style of a category.

    Args:
        rng: source of randomness.
        category: one of `RANGES`.
        number: the style's place in the catalogue.
        variant: counts the category's styles, so that its cuts come in turn.

    Returns:
        The design, with four colourways.
    """
    spread = RANGES[category]
    cut = spread.cuts[variant % len(spread.cuts)]
    chosen = {
        "fabric": _pick(rng, spread.cloths),
        "pattern": _pick(rng, spread.patterns),
        "sleeve": _pick(rng, spread.sleeves),
        "neckline": _pick(rng, spread.necklines),
        "closure": _pick(rng, spread.closures),
        "fit": _pick(rng, spread.fits),
        "length": _pick(rng, spread.lengths),
    }
    chosen |= _FIXED.get((category, cut), {})
    if cut == "Off Shoulder" and chosen["sleeve"] == "Sleeveless":
        chosen["sleeve"] = "Short Sleeve"
    if cut == "Wrap" and chosen["sleeve"] == "Sleeveless":
        chosen["sleeve"] = "3/4 Sleeve"
    if chosen["closure"] == "Open Front":
        chosen["neckline"] = "V-Neck"
    if chosen["fabric"] in _PLAIN_ONLY and chosen["pattern"] not in {"Solid", "Heather", "Colour Block"}:
        chosen["pattern"] = "Solid"
    if chosen["closure"] == "Zip" and category == "Hoodie" and chosen["pattern"] == "Graphic":
        chosen["pattern"] = "Solid"
    low, high = spread.price
    price = round(float(rng.triangular(low, low + 0.35 * (high - low), high))) + float(
        rng.choice([0.0, 0.95, 0.99, 0.5])
    )
    return Design(
        number=number,
        category=category,
        cut=cut,
        trim=_trim(category, chosen["fabric"], variant),
        gender=_pick(rng, spread.genders),
        price=price,
        colourways=_colourways(rng, category, cut, chosen["pattern"], spread.colours),
        **chosen,
    )


def title(design: Design, colourway: Colourway) -> str:
    """The name of one picture's product in a shop, such as `Navy Striped Cotton Tee`."""
    return f"{colourway.main} {' '.join(_words(design))}"


def style_name(design: Design) -> str:
    """The name of a style's folder, without the number that makes it unique."""
    return "_".join(_words(design)).replace(" ", "_")


def _words(design: Design) -> list[str]:
    words = [] if design.pattern == "Solid" else [design.pattern]
    if design.length == "Cropped":
        words.append("Cropped")
    if design.sleeve in _SLEEVES and design.category in {"Tee", "Henley", "Blouse", "Button-Down", "Top"}:
        words.append(_SLEEVES[design.sleeve])
    material = CLOTHS[design.fabric].title
    if material != design.category and design.category not in {"Jersey"}:
        words.append(material)
    if design.cut not in {"Plain", "Classic", design.neckline, *material.split()} and design.cut != "Half Zip":
        words.append(design.cut)
    if design.neckline in {"V-Neck", "Boat Neck", "Mock Neck", "High Neck", "Square Neck"} and design.cut != "Wrap":
        words.append(design.neckline)
    if design.closure in {"Zip", "Open Front"} and design.category in {"Hoodie", "Cardigan"}:
        words.append(design.closure)
    return [*words, design.category]


def _pick(rng: np.random.Generator, choices: Sequence[str]) -> str:
    return choices[int(rng.integers(len(choices)))]


def _trim(category: str, fabric: str, variant: int) -> str:
    named = _TRIMS.get(category, "")
    if named == "self" or (category in {"Tank", "Henley", "Tee"} and fabric == "rib_knit"):
        return fabric
    if not named:
        return (
            "rib_knit"
            if category not in {"Jacket", "Blazer", "Peacoat"}
            else "sherpa"
            if fabric == "denim" and variant % 2 == 0
            else "suiting"
        )
    return named


def _colourways(
    rng: np.random.Generator, category: str, cut: str, pattern: str, colours: tuple[str, ...]
) -> tuple[Colourway, ...]:
    mains = list(dict.fromkeys(colours[int(i)] for i in rng.permutation(len(colours))))[:4]
    return tuple(_colourway(rng, category, cut, pattern, main) for main in mains)


def _colourway(rng: np.random.Generator, category: str, cut: str, pattern: str, main: str) -> Colourway:
    """Second and third colour that show on the main one and go with it."""
    if pattern == "Camo":
        return Colourway(main, *{"Olive": ("Khaki", "Chocolate")}.get(main, ("Olive", "Charcoal")))
    if pattern == "Leopard":
        return Colourway(main, "Chocolate" if luma(PALETTE[main]) > 90 else "Tan", "Black")
    light = luma(PALETTE[main]) > 120
    partners = [name for name in (DARK if light else PALE) if abs(luma(PALETTE[name]) - luma(PALETTE[main])) > 70]
    accents = [name for name in PALETTE if name != main and abs(luma(PALETTE[name]) - luma(PALETTE[main])) > 34]
    calm = pattern in {"Pinstriped", "Chalk Stripe", "Houndstooth", "Windowpane"} or category in {"Flannel", "Bomber"}
    second = _pick(rng, partners) if calm or rng.random() < 0.6 else _pick(rng, accents)
    if category == "Flannel":
        second = _pick(
            rng,
            ("Black", "Navy", "Charcoal", "Forest", "Burgundy")
            if light or rng.random() < 0.5
            else ("Cream", "White", "Beige", "Black"),
        )
    if cut in {"Varsity", "Raglan"} and rng.random() < 0.6:
        second = "Cream" if not light else "Navy"
    third = _pick(rng, [name for name in accents if name != second])
    return Colourway(main, second if second != main else partners[0], third)
