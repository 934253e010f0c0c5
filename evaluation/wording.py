"""An evaluation's figures and settings in words, for table and report alike."""

from collections.abc import Sequence

from contracts.embedding_set import ModelIdentity
from evaluation.bootstrap import CONFIDENCE, Estimate
from evaluation.findings import Against, Difference, Duplicates, Findings, Measurement, PairedSpace, SpaceFacts
from evaluation.same_pictures import NEAR_COSINE
from evaluation.sources import Sources
from evaluation.spaces import SHOWN_FIRST, SpaceName

_Measured = Measurement | PairedSpace


def listed(names: Sequence[str], last: str = "and") -> str:
    """Names in a sentence: `a, b and c`."""
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} {last} {names[-1]}"


def interval(estimate: Estimate, *, between: str = " to ") -> str:
    """The ends of an interval, such as `0.250 to 0.274`."""
    if estimate.low is None or estimate.high is None:
        return "no interval: one group"
    return f"{estimate.low:.3f}{between}{estimate.high:.3f}"


def meaning(measurement: _Measured, *, class_map: bool) -> str:
    """When an item counts as right, in a few words: `same articleType, baseColour and gender`."""
    if not class_map:
        return f"same {listed(measurement.relevant)}"
    mapped = f"{measurement.relevant[0]} fits the query's {measurement.classes_by} (class map)"
    return mapped if len(measurement.relevant) == 1 else f"{mapped}, same {listed(measurement.relevant[1:])}"


def gallery_seen(measurement: _Measured) -> str:
    """Which items were searched: `all items`, or `without items of the same title or picture`."""
    excluded = [*measurement.exclude_same, *(["picture"] if measurement.exclude_pictures else [])]
    return f"without items of the same {listed(excluded, 'or')}" if excluded else "all items"


def judged_queries(measurement: Measurement) -> str:
    """How many queries were judged, and why others were left out."""
    left = []
    if measurement.unlabelled:
        left.append(f"{measurement.unlabelled:,} that lack an attribute")
    if measurement.without_relevant:
        left.append(f"{measurement.without_relevant:,} with no right item in the gallery")
    return f"{measurement.queries:,} queries judged" + (f"; left out: {' and '.join(left)}" if left else "")


def duplicates(found: Duplicates) -> str:
    """How many items share a picture, in a sentence."""
    return (
        f"In the gallery, {found.gallery}; {found.queries:,} queries have the picture of another item, "
        f"{found.nearly:,} of them nearly (cosine {NEAR_COSINE:g} or more)."
    )


def difference(found: Difference) -> str:
    """A difference in words, and whether it is significant for these queries."""
    estimate = found.recall_at_1
    said = f"{found.space} minus {found.minus} at recall@1: {signed(estimate.value)}"
    if estimate.low is None or estimate.high is None:
        return f"{said} ({interval(estimate)})"
    said += f" ({signed(estimate.low)} to {signed(estimate.high)})"
    if estimate.low <= 0.0 <= estimate.high:
        return f"{said}: no significant difference for these queries"
    return f"{said}: {found.space if estimate.value > 0 else found.minus} is better"


def network_verdict(paired: PairedSpace, against: Against, model: ModelIdentity) -> str:
    """Whether a network is better than another, worse, or within the noise, by recall@1."""
    first = paired.measures[0]
    said = f"{first.measure} {first.other:.3f} -> {first.value:.3f}, {paired.queries:,} queries"
    if first.verdict == "within the noise":
        return (
            f"The difference between {model.version} and {against.model.version} is within the noise of these queries "
            f"({said})."
        )
    if first.verdict == "cannot be told":
        return f"Which network is better cannot be told: the queries are a single group ({said})."
    return f"{model.version} is {first.verdict} than {against.model.version} ({said})."


def space(facts: SpaceFacts, findings: Findings) -> str:
    """How a space is searched, in a sentence."""
    reduction = findings.settings.reduction
    if facts.space == "full":
        return f"cosine of the full embeddings, {facts.components} dimensions: the best this network can do"
    scaled = "min-max scaling" if reduction.scaling == "minmax" else "L2 scaling"
    whitened = ", whitened" if reduction.whiten else ""
    reduced = f"{scaled} and PCA to {facts.components} dimensions{whitened}, fitted on the gallery"
    if facts.explained_variance is not None:
        reduced += f"; keeps {facts.explained_variance:.1%} of the variance"
    if facts.space == "reduced":
        return reduced
    if facts.rerank == 0:
        return "what customers get: the same as reduced, because re-ranking is off"
    return (
        f"what customers get: a search as in reduced, then the first {facts.rerank:,} re-ranked by the full "
        "embeddings; with a two-part network only if one of them is as near as items usually are to their nearest "
        "other item"
    )


def what_was_measured(findings: Findings, sources: Sources) -> list[str]:
    """Sentences about gallery, queries and intervals."""
    gallery = f"a gallery of {findings.gallery:,} items"
    if sources.gallery_partition is not None:
        gallery += f" (partition {sources.gallery_partition})"
    queries = f"{findings.queries:,} queries"
    if sources.query_partition is not None:
        queries += f" (partition {sources.query_partition})"
    said = [f"{queries} were run against {gallery}. {findings.model.version} embedded both."]
    if sources.held_out:
        said.append(
            "Queries are limited to items that training never saw (one title in five; without titles, one id in five)."
        )
    if findings.queries_in_gallery:
        said.append(
            f"{findings.queries_in_gallery:,} of the queries are also items of the gallery; no query may find itself."
        )
    said.append(duplicates(findings.duplicates))
    together = f"; queries of the same {findings.group} are drawn together" if findings.group else ""
    said.append(
        f"The small figures are {CONFIDENCE:.0%} intervals from {findings.settings.resamples:,} bootstrap resamples of "
        f"the queries{together}. They show how much a figure could change with other queries of the same kind."
    )
    return [*said, *findings.notes]


def signed(number: float) -> str:
    """A number with its sign, such as `+0.012`."""
    text = f"{number:+.3f}"
    return "0.000" if text in {"+0.000", "-0.000"} else text


def shown_space(findings: Findings) -> SpaceName:
    """The space that says best what customers get, of those that were measured."""
    measured = {facts.space for facts in findings.spaces}
    return next(space for space in SHOWN_FIRST if space in measured)
