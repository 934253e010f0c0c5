"""Forward passes side by side, a core each."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import torch

from model.engines.core_pool import core_pool
from model.torch_loading import load_torch_engine


def test_each_thread_takes_one_core_and_others_as_many_as_before() -> None:
    before = torch.get_num_threads()
    torch.set_num_threads(3)
    try:
        with core_pool(2) as pool:
            assert set(pool.map(lambda _: torch.get_num_threads(), range(8))) == {1}
        assert torch.get_num_threads() == 3
        with ThreadPoolExecutor(1) as later:
            assert later.submit(torch.get_num_threads).result() == 3
    finally:
        torch.set_num_threads(before)


def test_a_batch_of_several_passes_is_what_its_pictures_are_alone() -> None:
    engine = load_torch_engine("shipped", device="cpu", threads=2)
    batch = np.random.default_rng(0).integers(0, 256, (50, 3, 96, 96), dtype=np.uint8)
    together = engine.embed(batch)
    assert len(together.embeddings) == len(together.categories) == 50
    for number in (0, 12, 13, 25, 49):
        alone = engine.embed(batch[number : number + 1])
        assert np.allclose(together.embeddings[number], alone.embeddings[0], atol=1e-4)
        name, confidence = together.categories[number] or ("", 0.0)
        expected_name, expected_confidence = alone.categories[0] or ("", 1.0)
        assert name == expected_name
        assert abs(confidence - expected_confidence) < 1e-3
