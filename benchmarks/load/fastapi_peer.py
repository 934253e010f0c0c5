"""A peer of the load benchmark: the network behind plain FastAPI, in the process that answers.

Run by uvicorn. LOOKALIKE_BENCHMARK_BUNDLES names the folder of bundles.
"""

import threading

import orjson
from fastapi import FastAPI, Response, UploadFile

from benchmarks.load.photo_search import PhotoSearch


def create_app() -> FastAPI:
    """The application, without any middleware."""
    app = FastAPI()
    search = PhotoSearch.from_environment()
    one_at_a_time = threading.Lock()

    @app.get("/readyz")
    def ready() -> dict[str, str]:
        return {"status": "ready"}

    @app.post("/similar")
    def similar(image: UploadFile) -> Response:
        fitted = search.fit(image.file.read())
        with one_at_a_time:
            embedding = search.embed([fitted])[0]
        return Response(orjson.dumps(search.answer(embedding)), media_type="application/json")

    return app
