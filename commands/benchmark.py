"""`lookalike benchmark` and its subjects: `engines`, `extract`, `search`, `http`, `live` and others."""

import argparse
import importlib.util
from collections.abc import Callable
from pathlib import Path

from commands.benchmark_extract_workers import add_extract_workers
from commands.benchmark_live import add_live
from commands.benchmark_search_engines import add_search_engines, run_search_engines
from commands.benchmark_soak import add_soak
from commands.options import CATALOGUE_HELP, Verbs, add_bundles, add_embeddings, columns, natural, positive
from contracts.errors import BenchmarkError
from contracts.networks import NETWORKS


def add_verb(verbs: "Verbs[argparse.ArgumentParser]") -> None:
    """Describe the verb and its subjects."""
    benchmark = verbs.add_parser("benchmark", help="our code and its peers in one run, with ratios")
    subjects = benchmark.add_subparsers(metavar="SUBJECT", required=True)
    engines = subjects.add_parser(
        "engines",
        help="the engines that run a network on the CPU, in time and precision",
        description="Time torch in float32, ONNX Runtime, OpenVINO in float32 and, where the processor has it, in "
        "bfloat16 and mixed, in turns, one picture and 16 pictures at a time; int8 too, if the checkpoint has its "
        "graph. Compare their embeddings of 500 pictures with torch's. In: a checkpoint with a graph. Out: a table and "
        "a line of JSON. Takes about a minute.",
    )
    engines.add_argument("--checkpoint", metavar="DIR", default="shipped", help="a trained network (shipped)")
    engines.add_argument("--rounds", type=positive, default=20, metavar="N", help="(20)")
    engines.set_defaults(run=_where_benchmarks_are(_engines))
    extract = subjects.add_parser(
        "extract",
        help="extraction, compared with the article's way",
        description="Time our extraction and the article's way (eager float32, batches of 32, one DataLoader process) "
        "in turns, on the same files, with 2 threads on the CPU. Compare our embeddings with float32 ones. In: a "
        "catalogue. Out: a table and a line of JSON. Takes some minutes.",
    )
    extract.add_argument("catalogue", type=Path, metavar="CATALOGUE", help=CATALOGUE_HELP)
    network = extract.add_mutually_exclusive_group()
    network.add_argument("--checkpoint", metavar="DIR", default="shipped", help="a trained network (shipped)")
    network.add_argument("--network", choices=NETWORKS, help="a backbone with its ImageNet weights instead")
    extract.add_argument(
        "--precision",
        choices=("auto", "float32", "bfloat16", "mixed", "int8"),
        default="auto",
        help="of our engine (auto)",
    )
    extract.add_argument("--pictures", type=positive, default=1000, metavar="N", help="pictures timed per round (1000)")
    extract.add_argument("--rounds", type=positive, default=5, metavar="N", help="(5)")
    extract.add_argument(
        "--accuracy-pictures", type=positive, default=10_000, metavar="N", help="pictures compared with float32 (10000)"
    )
    extract.set_defaults(run=_where_benchmarks_are(_extract))
    add_extract_workers(subjects, wrap=_where_benchmarks_are)
    copies = subjects.add_parser(
        "copies",
        help="whether a distorted picture of a product finds that product",
        description="Turn, cut, light, blur, frame and compress some pictures of a catalogue, as snapshots and "
        "screenshots do, and search for the originals in the full, the reduced and the served space. Uses items that "
        "training holds out, if there are any. In: EMBEDDINGS. "
        "Out: a table, and DIR with the copies, metrics.json and report.html. Takes half a minute.",
    )
    add_embeddings(copies)
    copies.add_argument("--out", type=Path, required=True, metavar="DIR", help="folder of the copies and the report")
    copies.add_argument("--pictures", type=positive, default=800, metavar="N", help="(800)")
    copies.add_argument("--seed", type=natural, default=0, help="seed of the choice and the distortions (0)")
    copies.set_defaults(run=_where_benchmarks_are(_copies))
    _add_search(subjects)
    http = subjects.add_parser(
        "http",
        help="start-up, both search endpoints, memory",
        description="Start the API. Load GET /items/{id}/similar with wrk, in turns with a bare FastAPI endpoint. Post "
        "photos one at a time, alone, beside a busy process and beside large jobs, and from 32 clients at once. Time "
        "empty jobs through the same Redis and worker, and decoding and network in one process. Where the network "
        "finds garments in photos, both do, unless LOOKALIKE_DETECT is false. In: BUNDLES and a folder of photos. "
        "Out: a table and a line of JSON. Takes about two minutes.",
    )
    add_bundles(http)
    http.add_argument("--photos", type=Path, required=True, metavar="FOLDER", help="customers' photos, searched below")
    http.add_argument("--photo-count", type=positive, default=300, metavar="N", help="photos posted (300)")
    http.add_argument("--rounds", type=positive, default=5, metavar="N", help="(5)")
    http.add_argument("--seconds", type=positive, default=5, metavar="N", help="length of each wrk run (5)")
    http.set_defaults(run=_where_benchmarks_are(_http))
    _add_load(subjects)
    add_live(subjects, run=_where_benchmarks_are(_live))
    add_search_engines(subjects, run=_where_benchmarks_are(run_search_engines))
    add_soak(subjects, run=_where_benchmarks_are(_soak))


def _add_load(subjects: "Verbs[argparse.ArgumentParser]") -> None:
    load = subjects.add_parser(
        "load",
        help="photos from many clients at once, compared with other ways to serve a network",
        description="Post photos from 1, 8 and 32 clients to `lookalike serve`, and, in turns, to the same decoder, "
        "engine and search behind plain FastAPI and behind LitServe. Measure the engine with decoding alone, too. None "
        "looks for garments in the photos. In: BUNDLES and a folder of photos. Out: a table and a line of JSON. "
        "Takes about two minutes. To install LitServe, in a checkout: pip install -e '.[benchmark]'.",
    )
    add_bundles(load)
    load.add_argument("--photos", type=Path, required=True, metavar="FOLDER", help="customers' photos, searched below")
    load.add_argument("--photo-count", type=positive, default=100, metavar="N", help="different photos (100)")
    load.add_argument(
        "--clients", type=positive, nargs="+", default=[1, 8, 32], metavar="N", help="numbers of clients (1 8 32)"
    )
    load.add_argument("--rounds", type=positive, default=3, metavar="N", help="(3)")
    load.add_argument("--seconds", type=positive, default=4, metavar="N", help="length of each load (4)")
    load.add_argument("--seed", type=natural, default=0, help="seed of the choice of photos (0)")
    load.set_defaults(run=_where_benchmarks_are(_load))


def _add_search(subjects: "Verbs[argparse.ArgumentParser]") -> None:
    search = subjects.add_parser(
        "search",
        help="our exact search, compared with other libraries and the article",
        description="Search the same vectors with our exact search, the article's three methods, NumPy, scikit-learn, "
        "faiss, usearch and hnswlib, in turns. In: BUNDLES, EMBEDDINGS, or nothing (then items are drawn). Out: "
        "tables, and DIR with search.json and search.png. Takes minutes for a hundred thousand items, and hours for "
        "millions unless --engines leaves the graphs out. To install the libraries, in a checkout: "
        "pip install -e '.[benchmark]'.",
    )
    search.add_argument(
        "bundles", type=Path, nargs="?", metavar="BUNDLES", help="folder whose current bundle to search"
    )
    search.add_argument(
        "--embeddings", type=Path, metavar="EMBEDDINGS", help="search these embeddings, reduced, instead of a bundle"
    )
    search.add_argument("--items", type=positive, metavar="N", help="number of items to make (as many as there are)")
    search.add_argument(
        "--kind",
        choices=("jittered", "mixture"),
        default="jittered",
        help="how to make them: copies of items, moved a little; or draws from a mixture fitted to them, which is "
        "harder (jittered)",
    )
    search.add_argument("--k", type=positive, default=10, metavar="K", help="neighbours to find (10)")
    search.add_argument(
        "--queries", type=positive, default=200, metavar="N", help="number of queries, half of them held out (200)"
    )
    search.add_argument(
        "--rounds", type=positive, default=10, metavar="N", help="rounds, in which all engines take turns (10)"
    )
    search.add_argument(
        "--engines", type=columns, metavar="A,B", help="engines to run beside ours (all; an unknown name lists them)"
    )
    search.add_argument("--curve", action="store_true", help="also measure random parts of the items, from 10,000 on")
    search.add_argument(
        "--selectivity", action="store_true", help="also measure filters that let 0.001 %% to 100 %% of the items pass"
    )
    search.add_argument(
        "--concurrent",
        type=natural,
        default=0,
        metavar="N",
        help="also measure this many concurrent callers, such as 16 (0: none)",
    )
    search.add_argument(
        "--build-peak",
        action=argparse.BooleanOptionalAction,
        default=True,
        help="first build each index in a separate process, to measure how much memory that needs (yes)",
    )
    search.add_argument("--seed", type=natural, default=0, help="seed of all draws (0)")
    search.add_argument("--out", type=Path, metavar="DIR", help="folder of search.json and search.png")
    search.set_defaults(run=_where_benchmarks_are(_search))


def _where_benchmarks_are(subject: Callable[[argparse.Namespace], int]) -> Callable[[argparse.Namespace], int]:
    """Wrap the run of a subject: if the benchmarks are not installed, it says how to get them.

    Raises (when called):
        BenchmarkError: the benchmarks are missing, as they are if Lookalike was installed from a wheel.
    """

    def run(options: argparse.Namespace) -> int:
        if importlib.util.find_spec("benchmarks") is None:
            raise BenchmarkError(
                "benchmarks are not part of an installed Lookalike; clone its repository, run `make install` there, "
                "and run the same command with .venv/bin/lookalike"
            )
        return subject(options)

    return run


def _engines(options: argparse.Namespace) -> int:
    from model.needing_torch import need_torch

    need_torch("lookalike benchmark engines")
    from benchmarks.engines import run

    return run(options.checkpoint, rounds=options.rounds)


def _extract(options: argparse.Namespace) -> int:
    from model.needing_torch import need_torch

    need_torch("lookalike benchmark extract")
    from benchmarks.extract import run

    return run(
        options.catalogue,
        source=options.checkpoint if options.network is None else f"imagenet:{options.network}",
        precision=options.precision,
        pictures=options.pictures,
        rounds=options.rounds,
        accuracy_pictures=options.accuracy_pictures,
    )


def _copies(options: argparse.Namespace) -> int:
    from benchmarks.copies import run

    return run(options.embeddings, options.out, pictures=options.pictures, seed=options.seed)


def _search(options: argparse.Namespace) -> int:
    from benchmarks.search.options import SearchOptions
    from benchmarks.search.running import run

    return run(
        SearchOptions(
            bundles=options.bundles,
            embeddings=options.embeddings,
            items=options.items,
            kind=options.kind,
            k=options.k,
            queries=options.queries,
            rounds=options.rounds,
            engines=options.engines,
            curve=options.curve,
            selectivity=options.selectivity,
            concurrent=options.concurrent,
            build_peak=options.build_peak,
            seed=options.seed,
            out=options.out,
        )
    )


def _http(options: argparse.Namespace) -> int:
    from benchmarks.http import run

    return run(
        options.bundles,
        photos=options.photos,
        photo_count=options.photo_count,
        rounds=options.rounds,
        seconds=options.seconds,
    )


def _load(options: argparse.Namespace) -> int:
    if importlib.util.find_spec("litserve") is None:
        raise BenchmarkError("this benchmark needs LitServe; in a checkout, run: pip install -e '.[benchmark]'")
    from benchmarks.load.running import run

    return run(
        options.bundles,
        photos=options.photos,
        photo_count=options.photo_count,
        clients=options.clients,
        rounds=options.rounds,
        seconds=options.seconds,
        seed=options.seed,
    )


def _soak(options: argparse.Namespace) -> int:
    from benchmarks.soak.running import run

    return run(
        options.bundles,
        photos=options.photos,
        photo_count=options.photo_count,
        clients=options.clients,
        minutes=options.minutes,
        every_s=options.every,
        faults=options.faults,
        seed=options.seed,
    )


def _live(options: argparse.Namespace) -> int:
    from benchmarks.live.running import LiveOptions, run

    return run(
        options.bundles,
        LiveOptions(
            seconds=options.seconds,
            changes_per_s=options.changes_per_s,
            writers=options.writers,
            searches_per_s=options.searches_per_s,
            visible=options.visible,
        ),
    )
