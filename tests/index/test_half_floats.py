import numpy as np

from index.half_floats import WIDENED_UNIT, widen


def test_every_finite_half_is_widened_exactly_and_no_other_looks_like_a_unit() -> None:
    halves = np.arange(2**16, dtype=np.uint16).view(np.float16).reshape(256, 256)
    wide = widen(halves) / WIDENED_UNIT
    assert wide.dtype == np.float64
    finite = np.isfinite(halves)
    assert (wide[finite] == halves[finite].astype(np.float64)).all()
    assert (np.signbit(wide) == np.signbit(halves)).all()
    assert (np.abs(wide[~finite]) >= 2.0**16).all()
