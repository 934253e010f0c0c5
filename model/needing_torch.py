"""Says what to install where a command needs torch."""

from contracts.errors import ModelError
from model.engines.choosing import is_installed

# Networks are built from these two as well.
_PACKAGES = ("torch", "torchvision", "timm")


def need_torch(what: str) -> None:
    """Do nothing where torch is installed.

    Args:
        what: needs it, such as a command.

    Raises:
        ModelError: it is not installed; says what to install.
    """
    missing = [package for package in _PACKAGES if not is_installed(package)]
    if missing:
        raise ModelError(
            f"{what} needs {', '.join(missing)}, which serving and extracting on a CPU do not; "
            "run: pip install 'lookalike[train]' (in a checkout: make install-train)"
        )
