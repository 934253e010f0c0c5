"""Writes scores as tables in Markdown."""

from collections.abc import Mapping

from tools.train_detector.measuring import Detections
from tools.train_detector.scoring import LEAST_BOXES, mean_average_precision
from tools.train_detector.whole_photos import WholePhotoScores


def precision_table(scores: Mapping[str, Mapping[str, tuple[float, int]]]) -> str:
    """Average precisions.

    Args:
        scores: of each way to run the detector, of each class; see `tools.train_detector.scoring`.
    """
    ways = list(scores)
    lines = [f"| AP at IoU .5 | boxes | {' | '.join(ways)} |", f"|---|---|{'---|' * len(ways)}"]
    for name, (_, boxes) in scores[ways[0]].items():
        lines.append(f"| {name} | {boxes} | {' | '.join(f'{scores[way][name][0]:.3f}' for way in ways)} |")
    means = [mean_average_precision(dict(scores[way])) for way in ways]
    lines.append(f"| mean of classes with {LEAST_BOXES} boxes | | {' | '.join(f'{mean:.3f}' for mean in means)} |")
    means = [mean_average_precision(dict(scores[way]), least_boxes=1) for way in ways]
    lines.append(f"| mean of all classes | | {' | '.join(f'{mean:.3f}' for mean in means)} |")
    return "\n".join(lines)


def time_line(way: str, detections: Detections) -> str:
    """How long a photo takes."""
    return f"{way}: {detections.fit_ms:.1f} ms to fit a photo, {detections.detect_ms:.1f} ms to find its garments"


def search_table(scores: WholePhotoScores) -> str:
    """How well whole photos find."""
    lines = ["| P@10 | garments | true box | found box |", "|---|---|---|---|"]
    for name, (true_box, found_box, count) in scores.by_class.items():
        lines.append(f"| {name} | {count} | {true_box:.3f} | {found_box:.3f} |")
    lines.append(f"| mean of classes | | {scores.true_box:.3f} | {scores.found_box:.3f} |")
    return "\n".join(
        [
            *lines,
            "",
            f"found box / true box: {scores.ratio:.3f}; {scores.found:.3f} of the garments are found (IoU .5)",
            f"most certain box of the garment's kind: {scores.found_type:.3f}",
            f"nobody chose: the whole photo {scores.whole_photo:.3f}, the prominent garment {scores.prominent:.3f}, "
            f"its true box {scores.prominent_true_box:.3f}",
        ]
    )
