"""Which cutter makes which category."""

from collections.abc import Callable

from tools.draw_catalogue import coats, fashion_tops, jerseys, knitwear, outerwear, shirts, tanks, tops
from tools.draw_catalogue.design import Order
from tools.draw_catalogue.pieces import Piece

CUTTERS: dict[str, Callable[[Order], list[Piece]]] = {
    "Anorak": outerwear.anorak,
    "Blazer": coats.blazer,
    "Blouse": shirts.blouse,
    "Bomber": outerwear.bomber,
    "Button-Down": shirts.button_down,
    "Cardigan": knitwear.cardigan,
    "Flannel": shirts.flannel,
    "Halter": tanks.halter,
    "Henley": jerseys.henley,
    "Hoodie": knitwear.hoodie,
    "Jacket": outerwear.jacket,
    "Jersey": jerseys.jersey,
    "Parka": coats.parka,
    "Peacoat": coats.peacoat,
    "Poncho": knitwear.poncho,
    "Sweater": knitwear.sweater,
    "Tank": tanks.tank,
    "Tee": tops.tee,
    "Top": fashion_tops.top,
    "Turtleneck": knitwear.roll_neck,
}
