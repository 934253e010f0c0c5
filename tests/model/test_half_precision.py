"""Where a training computes in half precision."""

import pytest
import torch

from model.training.lookalikes.half_precision import half_where_fast


@pytest.mark.parametrize(
    ("instructions", "half"),
    [(("_is_avx512_bf16_supported",), True), (("_is_amx_tile_supported",), True), ((), False)],
)
def test_a_processor_without_instructions_for_it_stays_in_float32(
    instructions: tuple[str, ...], half: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("_is_avx512_bf16_supported", "_is_amx_tile_supported"):
        monkeypatch.setattr(torch.cpu, name, lambda has=name in instructions: has)
    layer = torch.nn.Conv2d(1, 1, 1)
    with half_where_fast(torch.device("cpu")):
        assert (layer(torch.ones(1, 1, 2, 2)).dtype == torch.bfloat16) is half
