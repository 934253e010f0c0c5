"""What a `min_score` keeps and cuts off, in words."""

from evaluation.score_histogram import ScoreHistogram, best_cut

NOT_SERVED = (
    "A min_score is compared with scores as served, which were not measured here; they are with --space served or all."
)


def percent(share: float | None) -> str:
    """A share such as `12.3%`; a dash for none."""
    return "-" if share is None else f"{share:.1%}"


def best_separation(scores: ScoreHistogram) -> str | None:
    """Which `min_score` separates right and wrong results best, in a sentence; None if only one kind was found."""
    cut = best_cut(scores)
    if cut is None:
        return None
    return (
        f"Right and wrong are farthest apart at min_score={cut.min_score / 100:.2f}: it keeps "
        f"{percent(cut.right_kept)} of the right and {percent(cut.wrong_kept)} of the wrong results, and leaves "
        f"{percent(cut.empty)} of the queries empty."
    )


def automatic(scores: ScoreHistogram) -> str:
    """What `min_score=auto` does, in a sentence."""
    auto = scores.auto
    if auto is None:
        return "min_score=auto would leave nothing out: where resemblance ends cannot be told from this gallery."
    return (
        f"min_score=auto ends a list where the reduced cosine falls below {auto.similarity:.3f}. Of the first "
        f"{scores.depth} it keeps {percent(auto.right_kept)} of the right and {percent(auto.wrong_kept)} of the wrong "
        f"results; of the whole gallery {auto.matches:,.0f} items (median of {auto.queries:,} queries)."
    )
