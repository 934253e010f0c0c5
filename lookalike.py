"""The `lookalike` command: runs a verb, and turns errors into a message and an exit status."""

import argparse
import sys
from collections.abc import Sequence

from commands import (
    benchmark,
    check,
    demo,
    evaluate,
    export,
    export_similar,
    extract,
    extract_worker,
    import_feed,
    index,
    plan,
    serve,
    train,
)
from contracts.errors import LookalikeError

# The only place with the version: the wheel's metadata is read from here.
__version__ = "0.1.0"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one verb; results go to stdout, progress and errors to stderr.

    Returns:
        0 done, 1 failed, 130 stopped by Ctrl-C. Wrong usage exits with 2.
    """
    options = _parser().parse_args(arguments)
    try:
        status: int = options.run(options)
    except LookalikeError as error:
        print(f"lookalike: {error}", file=sys.stderr)
        return 1
    except OSError as error:
        print(
            f"lookalike: {error}; free some space or correct the path, and run the same command again", file=sys.stderr
        )
        return 1
    except KeyboardInterrupt:
        print("\nlookalike: stopped", file=sys.stderr)
        return 130
    return status


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="lookalike", description="Self-hosted fashion visual search: a photo in, the items that look like it out."
    )
    parser.add_argument("--version", action="version", version=f"%(prog)s {__version__}")
    verbs = parser.add_subparsers(metavar="VERB", required=True)
    for command in (
        train,
        export,
        extract,
        extract_worker,
        index,
        export_similar,
        import_feed,
        evaluate,
        benchmark,
        plan,
        check,
        serve,
        demo,
    ):
        command.add_verb(verbs)
    return parser


if __name__ == "__main__":
    sys.exit(main())
