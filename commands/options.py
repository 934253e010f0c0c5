"""Arguments that several verbs share, and the types of their values."""

import argparse
import os
import sys
from pathlib import Path

from contracts.engine_names import ENGINE_VARIABLE, ENGINES, EngineName
from contracts.errors import LaunchError
from contracts.import_defaults import MAX_FAILED
from contracts.object_urls import is_object_url
from contracts.search_defaults import COMPONENTS, SCALING, WHITEN
from contracts.secret_files import read_secret_files
from contracts.settings_names import DATABASE_URL, FILE_SUFFIX, SEARCH_URL
from contracts.text_form import one_form

CATALOGUE_HELP = (
    "a folder of pictures (id = path, category = parent folder), a .csv with the columns id and image "
    "(other columns are attributes), a product feed (Google Merchant XML or TSV, Shopify CSV, JSON objects one a line; "
    "pictures are fetched from their URLs), a folder of street photos with boxes.csv (an item for each garment), or a "
    "DeepFashion root; recognised by content. For `extract`, also s3://BUCKET/PREFIX with pictures, or the URL of a "
    ".csv or feed there (AWS_* variables)"
)

# What `add_subparsers` returns; argparse has no public name for it.
Verbs = argparse._SubParsersAction
# What a parser and a group of its options have in common.
OptionContainer = argparse._ActionsContainer


def add_reading_threads(verb: argparse.ArgumentParser) -> None:
    """`--workers`, of what reads pictures."""
    cores = max(1, os.cpu_count() or 1)
    verb.add_argument(
        "--workers",
        type=positive,
        default=cores,
        metavar="N",
        help=f"threads that read pictures ({cores}, the number of cores)",
    )


def add_catalogue(verb: argparse.ArgumentParser) -> None:
    """A catalogue to read, how to read it, and with how many threads."""
    verb.add_argument("catalogue", type=location, metavar="CATALOGUE", help=CATALOGUE_HELP)
    # Spelled out, so that a verb's help needs no catalogue reader.
    formats = ("folder", "csv", "deepfashion", "deepfashion-inshop", "street")
    feeds = ("ndjson", "google-xml", "google-tsv", "shopify-csv")
    verb.add_argument("--format", choices=formats + feeds, help="how to read the catalogue (recognised by content)")
    verb.add_argument(
        "--image-hosts",
        type=hosts,
        default=(),
        metavar="HOST,...",
        help="hosts from which pictures are fetched that a feed names by URL, such as cdn.shop.example or "
        "*.shop.example (LOOKALIKE_IMAGE_URL_HOSTS); they are kept in the folder OUT-pictures, and a later run fetches "
        "only those that changed",
    )
    verb.add_argument(
        "--max-failed",
        type=share,
        default=MAX_FAILED,
        metavar="SHARE",
        help=f"stop if more of the catalogue's rows than this cannot be used; the others are skipped and listed in "
        f"bad_rows.csv ({MAX_FAILED}; 20%% is the same; one row never stops it, unless this is 0)",
    )
    verb.add_argument("--strict", action="store_true", default=False, help="stop at the first row that cannot be used")
    verb.add_argument(
        "--follow-links",
        action="store_true",
        default=False,
        help="follow links to folders, and to files outside the catalogue; the API serves these pictures if "
        "LOOKALIKE_ALLOWED_CATALOGUES names the folders of the catalogue and of the files",
    )
    verb.add_argument("--crop-to-box", action="store_true", help="crop pictures to their DeepFashion bounding box")
    add_reading_threads(verb)


def add_device(verb: argparse.ArgumentParser) -> None:
    """Where a network runs."""
    verb.add_argument("--device", default="auto", help="auto (a GPU if there is one), cpu, cuda or cuda:N")


def add_engine(verb: argparse.ArgumentParser) -> None:
    """What runs a network."""
    verb.add_argument(
        "--engine",
        choices=ENGINES,
        help="what runs the network (LOOKALIKE_ENGINE, else auto: torch if there is a GPU, else OpenVINO)",
    )


def engine_of(options: argparse.Namespace) -> EngineName:
    """The engine that was asked for, on the command line or in the environment.

    Raises:
        LaunchError: the environment names one that does not exist.
    """
    asked = options.engine or os.environ.get(ENGINE_VARIABLE) or "auto"
    for name in ENGINES:
        if name == asked:
            return name
    raise LaunchError(f"{ENGINE_VARIABLE} is {asked!r:.80}; set it to one of {', '.join(ENGINES)}")


def add_address(verb: argparse.ArgumentParser) -> None:
    """Where a service listens, and who may use it."""
    verb.add_argument(
        "--host",
        default="127.0.0.1",
        help="address to listen on (127.0.0.1; 0.0.0.0 for all); one that other machines can reach needs API keys "
        "or --open",
    )
    verb.add_argument("--port", type=port, default=8000, help="(8000)")
    verb.add_argument(
        "--open", action="store_true", help="serve without API keys, although other machines can reach the address"
    )


def add_database(parser: OptionContainer) -> None:
    """The database of a live catalogue."""
    parser.add_argument(
        "--database",
        metavar="URL",
        help="sqlite:///FILE or postgresql://user@host/name (LOOKALIKE_DATABASE_URL)",
    )


def warn_of_password(urls: str, name: str) -> None:
    """Say that other users of the machine can read the password of an address on the command line.

    Args:
        urls: separated by spaces.
        name: of the variable that is meant for them.
    """
    for url in urls.split():
        before_host, at, _ = url.partition("://")[2].rpartition("@")
        if (at and ":" in before_host) or "password=" in url:
            print(
                "lookalike: the password in that address stands in the list of processes, which all users of this "
                f"machine can read; put the address into a file, and name that in {name}{FILE_SUFFIX}",
                file=sys.stderr,
            )
            return


def database_url(options: argparse.Namespace) -> str:
    """The database that was named, on the command line, in the environment or in the file that it names.

    Raises:
        LaunchError: there is none.
    """
    asked: str | None = options.database
    if asked:
        warn_of_password(asked, DATABASE_URL)
    url = asked or read_secret_files(os.environ, (DATABASE_URL,)).get(DATABASE_URL) or os.environ.get(DATABASE_URL)
    if not url:
        raise LaunchError(f"there is no database; pass --database URL, or set {DATABASE_URL}")
    return url


def add_search_url(parser: OptionContainer, option: str = "--search-url") -> None:
    """The search engine that serves versions."""
    parser.add_argument(
        option,
        dest="search_url",
        metavar="URL",
        help="search engine: postgresql://user@host/name or qdrant://host:6333, several shards separated by spaces "
        f"({SEARCH_URL}; none: searches in memory)",
    )


def search_url(options: argparse.Namespace) -> str | None:
    """The search engine that was named, on the command line, in the environment or in the file that it names.

    Raises:
        LaunchError: the file cannot be read.
    """
    asked: str | None = options.search_url
    if asked:
        warn_of_password(asked, SEARCH_URL)
    url = asked or read_secret_files(os.environ, (SEARCH_URL,)).get(SEARCH_URL) or os.environ.get(SEARCH_URL)
    return url.strip() or None if url else None


def add_bundles(parser: argparse.ArgumentParser) -> None:
    """A folder of index bundles."""
    parser.add_argument("bundles", type=Path, metavar="BUNDLES", help="folder that `lookalike index build` wrote")


def add_bundles_or_url(parser: argparse.ArgumentParser) -> None:
    """A folder of index bundles, or an object store with some."""
    parser.add_argument(
        "bundles",
        type=location,
        metavar="BUNDLES|URL",
        help="folder that `lookalike index build` wrote, or s3://BUCKET/PREFIX that `index publish` wrote",
    )


def add_embeddings(parser: argparse.ArgumentParser) -> None:
    """A folder of embeddings."""
    parser.add_argument("embeddings", type=Path, metavar="EMBEDDINGS", help="folder that `lookalike extract` wrote")


def add_embeddings_or_database(parser: argparse.ArgumentParser) -> None:
    """A folder of embeddings, or a live catalogue's database."""
    parser.add_argument(
        "embeddings",
        metavar="EMBEDDINGS|URL",
        help="folder that `lookalike extract` wrote, or sqlite:///FILE or postgresql://user@host/name",
    )


def add_reduction(parser: OptionContainer) -> None:
    """How embeddings are scaled and reduced by PCA."""
    parser.add_argument("--scaling", choices=("minmax", "l2"), default=SCALING, help=f"before PCA ({SCALING})")
    parser.add_argument(
        "--components",
        type=components,
        default=COMPONENTS,
        metavar="N",
        help=f"how many, or a share of variance like 0.9 ({COMPONENTS})",
    )
    parser.add_argument(
        "--whiten",
        action=argparse.BooleanOptionalAction,
        default=WHITEN,
        help=f"after PCA, divide each component by its standard deviation ({'yes' if WHITEN else 'no'})",
    )


def location(text: str) -> Path | str:
    """A path, or the URL of an object store."""
    return text if is_object_url(text) else Path(text)


def share(text: str) -> float:
    """A share, `0.2` or `20%`."""
    number = float(text.removesuffix("%")) / (100 if text.endswith("%") else 1)
    if not 0 <= number <= 1:
        raise argparse.ArgumentTypeError(f"must be 0 to 1, or 0% to 100%; got {text}")
    return number


def positive(text: str) -> int:
    """A whole number from 1 on."""
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"must be at least 1, got {number}")
    return number


def natural(text: str) -> int:
    """A whole number from 0 on."""
    number = int(text)
    if number < 0:
        raise argparse.ArgumentTypeError(f"must be 0 or more, got {number}")
    return number


def port(text: str) -> int:
    """A TCP port; 0 for any that is free, where that is possible."""
    number = int(text)
    if not 0 <= number <= 65_535:
        raise argparse.ArgumentTypeError(f"must be 1 to 65535, got {number}")
    return number


def components(text: str) -> int | float:
    """A number of PCA components, or a share of variance."""
    number = float(text)
    if 0 < number < 1:
        return number
    if number != int(number) or not 1 <= number <= 512:
        raise argparse.ArgumentTypeError(f"must be 1 to 512, or a share of variance between 0 and 1; got {text}")
    return int(number)


def hosts(text: str) -> tuple[str, ...]:
    """Names of hosts, separated by commas."""
    return tuple(name.strip() for name in text.split(",") if name.strip())


def columns(text: str) -> list[str]:
    """Names of attributes, separated by commas."""
    names = [one_form(name) for name in text.split(",")]
    if not all(names):
        raise argparse.ArgumentTypeError(f"must be column names separated by commas, got {text!r}")
    return names
