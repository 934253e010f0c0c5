"""The peer of `GET /items/{id}/similar`: the least that FastAPI can do, an endpoint that returns a ready dict.

Run by uvicorn with LOOKALIKE_BASELINE naming a JSON file, whose content every request is answered with.
"""

import json
import os
from pathlib import Path

from fastapi import FastAPI
from fastapi.responses import JSONResponse


def create_app() -> FastAPI:
    """The application, without any middleware."""
    app = FastAPI()
    answer = json.loads(Path(os.environ["LOOKALIKE_BASELINE"]).read_text())

    @app.get("/items/{item_id:path}/similar")
    async def similar(item_id: str) -> JSONResponse:  # noqa: ARG001 - parsed as ours is, and not looked up
        return JSONResponse(answer)

    return app
