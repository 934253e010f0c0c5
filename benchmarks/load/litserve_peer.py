"""A peer of the load benchmark: the network behind LitServe, batched by it.

Run as a module with a port as its argument. LOOKALIKE_BENCHMARK_BUNDLES names the folder of bundles.
"""

import sys
from collections.abc import Sequence
from typing import Final

import litserve
import numpy as np
import orjson
from fastapi import Request, Response
from numpy.typing import NDArray

from benchmarks.load.photo_search import PhotoSearch

_MOST_PHOTOS: Final = 16
# Long enough to fill a batch with what has come, far below the time of one.
_BATCH_TIMEOUT_S: Final = 0.002


class _SimilarItems(litserve.LitAPI):  # type: ignore[misc] # it has no types
    def setup(self, device: str) -> None:  # noqa: ARG002 - always the CPU here
        self.search = PhotoSearch.from_environment()

    def decode_request(self, request: Request) -> NDArray[np.uint8]:
        # LitServe takes the annotation as what is posted, and passes the form on.
        return self.search.fit(request["image"].file.read())

    def batch(self, inputs: Sequence[NDArray[np.uint8]]) -> Sequence[NDArray[np.uint8]]:
        return inputs

    def predict(self, fitted: Sequence[NDArray[np.uint8]]) -> NDArray[np.float32]:
        return self.search.embed(fitted)

    def unbatch(self, embeddings: NDArray[np.float32]) -> list[NDArray[np.float32]]:
        return list(embeddings)

    def encode_response(self, embedding: NDArray[np.float32]) -> Response:
        return Response(orjson.dumps(self.search.answer(embedding)), media_type="application/json")


if __name__ == "__main__":
    api = _SimilarItems(max_batch_size=_MOST_PHOTOS, batch_timeout=_BATCH_TIMEOUT_S, api_path="/similar")
    server = litserve.LitServer(api, accelerator="cpu", healthcheck_path="/readyz")
    server.run(host="127.0.0.1", port=int(sys.argv[1]), generate_client_file=False, log_level="warning")
