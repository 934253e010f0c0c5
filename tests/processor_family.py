"""A pytest plugin for `scripts/test_processors.sh`: what a library does not let an environment variable say.

`LOOKALIKE_TEST_BFLOAT16=no` makes PyTorch say that the processor has no instructions for bfloat16. PyTorch asks the
processor itself for them, whatever the variables limit its kernels to.
"""

import os

import torch

if os.environ.get("LOOKALIKE_TEST_BFLOAT16") == "no":
    for name in ("_is_avx512_bf16_supported", "_is_amx_tile_supported"):
        setattr(torch.cpu, name, lambda: False)
