"""The comparison of two networks as text for the terminal."""

from evaluation.findings import Findings, PairedMeasure
from evaluation.wording import gallery_seen, interval, meaning, network_verdict, signed

_NAME = 32


def against_table(findings: Findings) -> str:
    """For each measure both values, the difference and what it means; one sentence for each space.

    Args:
        findings: compared with another network.
    """
    against, model = findings.against, findings.model
    if against is None:
        return ""
    class_map = findings.settings.class_map is not None
    lines = [f"{model.version} against {against.model.version}, over the same queries:"]
    for paired in against.spaces:
        lines += [
            "",
            f"Relevant: {meaning(paired, class_map=class_map)}; gallery: {gallery_seen(paired)}; {paired.space}",
        ]
        lines.append(f"{'':{_NAME}} {'this':>6} {'other':>6}  difference")
        lines += [_row(measure) for measure in paired.measures]
        lines.append(network_verdict(paired, against, model))
    return "\n".join(lines)


def _row(measure: PairedMeasure) -> str:
    difference = f"{signed(measure.difference.value)} ({interval(measure.difference)})"
    return f"{measure.measure:{_NAME}} {measure.value:6.3f} {measure.other:6.3f}  {difference}: {measure.verdict}"
