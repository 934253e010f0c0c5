"""Settings of a recipe as options of `lookalike train`: how they are spelled, and how a bad value is refused."""

from contracts.errors import ModelError


def option(setting: str) -> str:
    """The command-line option of a setting, such as `--batch-size` for `batch_size`."""
    # The only switch that turns something off.
    return "--no-hold-out" if setting == "hold_out" else f"--{setting.replace('_', '-')}"


def check_setting(config: object, setting: str, valid: bool, requirement: str) -> None:
    """Refuse a setting that is out of range.

    Args:
        config: has the setting as an attribute.
        setting: its name.
        valid: whether its value is allowed.
        requirement: what it must be, such as "at least 1".

    Raises:
        ModelError: it is not valid; names the option.
    """
    if not valid:
        raise ModelError(f"{option(setting)} must be {requirement}, got {getattr(config, setting)}")
