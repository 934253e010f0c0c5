"""Products of codes, with the processor's instruction and without it."""

import os
import subprocess
import sys

import numpy as np

from index.exact.arguments import BLOCK, LOW_BITS, QUAD
from index.exact.byte_products import add_by_instruction, add_by_vectors, has_vnni


def test_products_of_codes_are_exact() -> None:
    generator = np.random.default_rng(5)
    codes = generator.integers(0, 256, 3 * BLOCK * QUAD).astype(np.uint8)
    weights = generator.integers(-(127 << LOW_BITS), (127 << LOW_BITS) + 1, 3 * QUAD).astype(np.int32)
    weights[:QUAD] = (127 << LOW_BITS, -(127 << LOW_BITS), 0, -1)
    weights[QUAD : 2 * QUAD] = -(127 << LOW_BITS)
    codes[BLOCK * QUAD :][: BLOCK * QUAD // 2] = 255
    upper = (weights + (1 << LOW_BITS - 1)) >> LOW_BITS
    high = upper.astype(np.int8).view(np.int32)
    low = (weights - (upper << LOW_BITS)).astype(np.int8).view(np.int32)
    for quad in range(3):
        part = codes[quad * BLOCK * QUAD :][: BLOCK * QUAD].reshape(BLOCK, QUAD).astype(np.int64)
        expected = 7 + part @ weights[quad * QUAD : (quad + 1) * QUAD]
        for add in (add_by_vectors, add_by_instruction) if has_vnni() else (add_by_vectors,):
            sums = np.full(BLOCK, 7, np.int32)
            add(weights, high, low, codes, quad * BLOCK * QUAD, quad, sums)
            assert sums.tolist() == expected.tolist()


def test_a_processor_without_the_instruction_finds_the_same() -> None:
    program = """
import numpy as np
from index.exact.byte_products import has_vnni
from index.gallery import Gallery
from index.reduction import unit_rows
assert not has_vnni()
generator = np.random.default_rng(0)
scales = np.linspace(2, 0.2, 30, dtype=np.float32)
vectors = unit_rows(generator.standard_normal((9_000, 30)).astype(np.float32) * scales)
gallery = Gallery.of(vectors)
for row in (0, 77, 8_999):
    exact = vectors.astype(np.float64) @ vectors[row].astype(np.float64)
    assert gallery.nearest(vectors[row], 100).rows.tolist() == np.argsort(-exact, kind="stable")[:100].tolist()
"""
    environment = {**os.environ, "NUMBA_CPU_NAME": "generic", "NUMBA_DISABLE_CACHING": "1"}
    subprocess.run([sys.executable, "-c", program], check=True, env=environment)
