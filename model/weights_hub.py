"""Files from the Hugging Face Hub, which its client keeps in a cache. Weights are safetensors, never pickles."""

from collections.abc import Sequence
from pathlib import Path

from contracts.errors import ModelError

# Until the hub has said whether it has a file. Its client would otherwise try again for half a minute and more.
_TIMEOUT_S = 10.0


def safetensors_from_hub(repository: str, names: Sequence[str], network: str) -> Path:
    """Download the first of some weights files that a repository has.

    Args:
        repository: `ORGANISATION/NAME` on the hub.
        names: of safetensors files, the likeliest first.
        network: that they are for, for messages.

    Raises:
        ModelError: the hub cannot be reached and its cache has none of them, or the repository has none.
    """
    for name in names:
        if not name.endswith(".safetensors"):
            raise ModelError(f"the weights of {network} are no safetensors file ({name}), and no other kind is read")
        path = file_from_hub(repository, name, network)
        if path is not None:
            return path
    raise ModelError(
        f"the repository {repository} has no weights of {network} in safetensors ({', '.join(names)}), and files that "
        "could run code when they are read, such as .bin and .pt, are not read; choose another network, or convert "
        "them and pass the result with --weights"
    )


def file_from_hub(repository: str, name: str, network: str) -> Path | None:
    """Download a file, or take it from the cache; None if the repository has no such file.

    Args:
        network: that it is for, for messages.

    Raises:
        ModelError: the hub cannot be reached and the cache has no such file, or it refuses access.
    """
    import httpx2
    from huggingface_hub import get_hf_file_metadata, hf_hub_download, hf_hub_url, try_to_load_from_cache
    from huggingface_hub.errors import HFValidationError, RemoteEntryNotFoundError, RepositoryNotFoundError

    try:
        # Asked first, because a download waits for an absent hub much longer than for an absent file.
        get_hf_file_metadata(hf_hub_url(repository, name), timeout=_TIMEOUT_S)
        return Path(hf_hub_download(repository, name))
    except RemoteEntryNotFoundError:
        return None
    except RepositoryNotFoundError as error:
        raise ModelError(
            f"the hub has no repository {repository} for {network}, or does not show it to you; look its name up, or "
            "accept its licence there and log in with `hf auth login`"
        ) from error
    except HFValidationError as error:
        raise ModelError(
            f"{repository!r:.200} is no name of a repository on the hub; pass ORGANISATION/NAME"
        ) from error
    except (OSError, httpx2.HTTPError) as error:
        kept = try_to_load_from_cache(repository, name)
        if isinstance(kept, str):
            return Path(kept)
        raise ModelError(
            f"{name} of {repository}, which {network} needs, cannot be downloaded from the Hugging Face Hub "
            f"({str(error) or type(error).__name__:.200}); connect this machine to it, or copy the hub's cache from a "
            "machine that has the file. Weights alone can be given by --weights FILE.safetensors"
        ) from error
