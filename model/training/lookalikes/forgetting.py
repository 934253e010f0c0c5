"""What a training says about customers' photos at its end."""

from collections.abc import Mapping

# By the name of the score: what it is about, and the option that teaches it.
_KINDS = {
    "photos": ("phone photos (your held-out ones)", "--photos"),
    "street": ("street photos (your held-out ones)", "--street"),
    "replayed_phone": ("phone photos (a rough estimate from replayed features)", "--photos"),
    "replayed_street": ("street photos (a rough estimate from replayed features)", "--street"),
}
# Of so little nothing is said: 250 queries are off by as much.
_NOTICED = 0.03


def forgotten(before: Mapping[str, float], after: Mapping[str, float]) -> list[str]:
    """A sentence for each kind of photo.

    Args:
        before, after: scores of the network before training and of the checkpoint, by names in `SCORE_LABELS`.
    """
    sentences = []
    for name, (what, option) in _KINDS.items():
        if name in before and name in after:
            figures = f"{what}: {before[name]:.2f} of the first ten fit before training, {after[name]:.2f} now"
            if before[name] - after[name] > _NOTICED and name.startswith("replayed"):
                figures += (
                    f"; it may have forgotten some of it: pass {option} with --class-map to measure and to keep it"
                )
            elif before[name] - after[name] > _NOTICED:
                figures += (
                    f"; the network has forgotten some of it: pass more {option}, a smaller --backbone-lr, "
                    "a larger --keep-weight, or --frozen-stages"
                )
            sentences.append(f"{figures}.")
    return sentences
