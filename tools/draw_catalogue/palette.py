"""Named colours, as a shop names them."""

from tools.draw_catalogue.pieces import Colour

PALETTE: dict[str, Colour] = {
    "White": (240, 239, 236),
    "Ivory": (236, 230, 214),
    "Cream": (232, 220, 194),
    "Beige": (209, 191, 164),
    "Camel": (186, 143, 94),
    "Tan": (164, 120, 80),
    "Brown": (105, 73, 51),
    "Chocolate": (70, 48, 38),
    "Rust": (166, 78, 44),
    "Orange": (217, 114, 48),
    "Mustard": (203, 153, 52),
    "Yellow": (232, 203, 92),
    "Olive": (98, 97, 60),
    "Khaki": (152, 140, 104),
    "Sage": (155, 169, 144),
    "Green": (56, 124, 82),
    "Forest": (40, 72, 56),
    "Mint": (176, 212, 192),
    "Teal": (34, 104, 110),
    "Turquoise": (84, 170, 172),
    "Sky Blue": (152, 188, 216),
    "Blue": (64, 104, 164),
    "Cobalt": (38, 70, 156),
    "Denim Blue": (84, 112, 146),
    "Indigo": (52, 66, 96),
    "Navy": (36, 44, 68),
    "Lavender": (186, 174, 208),
    "Purple": (102, 66, 124),
    "Plum": (84, 46, 72),
    "Burgundy": (104, 34, 46),
    "Red": (178, 42, 44),
    "Coral": (228, 122, 104),
    "Pink": (226, 150, 168),
    "Fuchsia": (190, 52, 112),
    "Blush": (228, 196, 188),
    "Light Grey": (196, 196, 196),
    "Grey": (140, 141, 144),
    "Charcoal": (72, 74, 79),
    "Black": (36, 36, 39),
}
BRIGHT = ("Red", "Cobalt", "Green", "Yellow", "Orange", "Teal", "Fuchsia", "Purple", "Coral", "Turquoise")
PALE = ("White", "Ivory", "Cream", "Sky Blue", "Mint", "Blush", "Lavender", "Light Grey", "Pink", "Sage")
EARTH = ("Camel", "Tan", "Brown", "Chocolate", "Rust", "Mustard", "Olive", "Khaki", "Beige", "Forest")
DARK = ("Black", "Navy", "Charcoal", "Burgundy", "Forest", "Plum", "Indigo", "Chocolate", "Teal")
SOBER = ("Black", "Navy", "Charcoal", "Grey", "Camel", "Beige", "Olive", "Burgundy", "Forest", "Chocolate")
SHIRTING = ("White", "White", "Sky Blue", "Sky Blue", "Blue", "Navy", "Denim Blue", "Olive", "Black", "Rust")
EVERY = tuple(PALETTE)


def mixed(first: Colour, second: Colour, share: float) -> Colour:
    """A colour between two.

    Args:
        first, second: RGB.
        share: 0 gives the first, 1 the second.

    Returns:
        RGB.
    """
    r, g, b = (round(a + (c - a) * share) for a, c in zip(first, second, strict=True))
    return r, g, b


def luma(colour: Colour) -> float:
    """How light a colour is, 0 to 255."""
    return 0.299 * colour[0] + 0.587 * colour[1] + 0.114 * colour[2]
