"""`lookalike check`."""

import argparse
from pathlib import Path

from commands.options import Verbs


def add_verb(verbs: "Verbs[argparse.ArgumentParser]") -> None:
    """Describe the verb."""
    verb = verbs.add_parser(
        "check",
        help="what is wrong with an installation, and what to do",
        description="Check versions, settings, the current bundle, its pictures, the disk, Redis and the worker, with "
        "the environment of the service. In: the environment and, if given, BUNDLES. Out: a table; below each "
        "problem, what to do. Changes nothing. The exit status is 1 if there is a problem. Takes some seconds for a "
        "hundred thousand items, whose checksums it verifies.",
    )
    verb.add_argument(
        "bundles", type=Path, nargs="?", metavar="BUNDLES", help="folder that `lookalike index build` wrote"
    )
    verb.set_defaults(run=_check)


def _check(options: argparse.Namespace) -> int:
    from checks.everything import check_everything
    from storage.run_file import redis_url_for

    # That of a running `serve`, unless REDIS_URL names another.
    embedded = redis_url_for(options.bundles, "") if options.bundles is not None else ""
    findings = check_everything(options.bundles, embedded_redis=embedded or None)
    width = max(len(finding.subject) for finding in findings)
    for finding in findings:
        print(f"{finding.state:7}  {finding.subject:{width}}  {finding.says}")
        if finding.mend:
            print(f"{'':7}  {'':{width}}  -> {finding.mend}")
    return 1 if any(finding.state == "problem" for finding in findings) else 0
