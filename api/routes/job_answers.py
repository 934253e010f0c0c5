"""Jobs as they appear in responses."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any, Final

from starlette.responses import Response

from api.http.answers import json_answer
from api.jobs.outcomes import JobView

# Of the response to an accepted job, for the OpenAPI document.
ACCEPTED: Final[dict[str, Any]] = {
    "description": "The job was accepted.",
    "headers": {"Location": {"description": "URL path of the job.", "schema": {"type": "string"}}},
    "links": {"job": {"operationId": "job", "parameters": {"job_id": "$response.body#/job_id"}}},
}


def accepted(job: JobView, *, root_path: str, headers: Mapping[str, str] | None = None) -> Response:
    """The response to an accepted job."""
    sent = {"Location": f"{root_path}/jobs/{job.job_id}", **(headers or {})}
    return json_answer(job_members(job), status=202, headers=sent)


def job_members(job: JobView) -> dict[str, object]:
    """A job's members; `similar` is null, and there only if it is a search by photo."""
    members: dict[str, object] = {
        "job_id": job.job_id,
        "status": job.status,
        "done": job.done,
        "total": job.total,
        "results": [
            {
                "index": result.index,
                "item_id": result.item_id,
                "filename": result.filename,
                "embedding": result.embedding,
            }
            for result in job.results
        ],
        "errors": [asdict(error) for error in job.errors],
    }
    if job.search is not None:
        members["similar"] = None
    return members
