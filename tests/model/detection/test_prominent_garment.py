from contracts.box import Box
from contracts.garments import Garment
from model.detection.prominent import prominent_garment


def garment(kind: str, score: float, corner: float, side: float) -> Garment:
    return Garment(kind, Box(corner, corner, corner + side, corner + side), score)


def test_of_an_outfit_the_large_and_certain_garment_is_searched() -> None:
    shoes, coat = garment("shoes", 0.9, 0.8, 0.1), garment("outwear", 0.7, 0.2, 0.5)
    guess = garment("dress", 0.25, 0.1, 0.8)
    assert prominent_garment([shoes, coat, guess]) == coat
    assert prominent_garment([guess, coat, shoes]) == coat


def test_a_photo_of_one_kind_of_garment_is_searched_whole() -> None:
    dress = garment("dress", 0.9, 0.1, 0.3)
    assert prominent_garment([]) is None
    assert prominent_garment([dress]) is None
    assert prominent_garment([dress, garment("dress", 0.8, 0.5, 0.4)]) is None


def test_a_second_kind_in_the_same_place_is_the_same_garment() -> None:
    assert prominent_garment([garment("dress", 0.9, 0.1, 0.6), garment("top", 0.8, 0.15, 0.4)]) is None


def test_an_uncertain_second_kind_makes_no_outfit() -> None:
    dress = garment("dress", 0.9, 0.1, 0.5)
    assert prominent_garment([dress, garment("bag", 0.3, 0.7, 0.2)]) is None
    assert prominent_garment([dress, garment("bag", 0.4, 0.7, 0.2)]) == dress
