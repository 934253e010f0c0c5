"""Recognises that an accelerator ran out of memory, without importing what drives it."""


def is_out_of_memory(error: BaseException) -> bool:
    """Whether the engine ran out of the accelerator's memory, so that a smaller batch may pass.

    Recognised by the type's name (`torch.OutOfMemoryError`), because the worker itself does not import torch.
    """
    return any(kind.__name__ == "OutOfMemoryError" for kind in type(error).__mro__)
