"""The baseline for `GET /items/{id}/similar`: a minimal FastAPI endpoint that returns a ready dict.

Run by uvicorn. LOOKALIKE_BASELINE names a JSON file, whose content is the answer to every request.
"""

import json
import os
from pathlib import Path

from fastapi import FastAPI
from fastapi.responses import JSONResponse
from starlette.middleware.gzip import GZipMiddleware


def create_app() -> FastAPI:
    """The application, without any middleware."""
    app = FastAPI()
    answer = json.loads(Path(os.environ["LOOKALIKE_BASELINE"]).read_text())

    @app.get("/items/{item_id:path}/similar")
    async def similar(item_id: str) -> JSONResponse:  # noqa: ARG001 - parsed as in our endpoint, but not used
        return JSONResponse(answer)

    return app


def create_packing_app() -> FastAPI:
    """The same with starlette's middleware, which packs answers with gzip, as its defaults say."""
    app = create_app()
    app.add_middleware(GZipMiddleware)
    return app
