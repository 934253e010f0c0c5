"""What answers look like, for the OpenAPI document; tests hold real answers against it.

Answers are written by `api.http.answers` without passing through these classes: validating a list of
hits costs more than finding them.
"""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from api.http.problems import ProblemCode
from index.columns.registry import KINDS

Score = Annotated[float, Field(ge=-1, le=1, description="Cosine similarity.")]
Milliseconds = Annotated[float, Field(ge=0, description="Milliseconds.")]
ColumnKindName = Annotated[str, Field(json_schema_extra={"enum": list(KINDS)})]
Fraction = Annotated[float, Field(ge=0, le=1)]


class _Schema(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class IndexSummary(_Schema):
    """The index that answered."""

    version: str = Field(description="Name of the build.")
    model: str = Field(description="Version of the network that made its embeddings.")
    items: int = Field(ge=0, description="How many items it holds.")


class Item(_Schema):
    """An item of the catalogue."""

    id: str
    image_url: str = Field(description="Where its picture is had; percent-encoded.")
    attributes: dict[str, str] = Field(description="As in the source; empty values are left out.")


class SimilarItem(Item):
    """An item that was found."""

    rank: int = Field(ge=1, description="1 is the most similar.")
    score: Score


class Category(_Schema):
    """What the network takes the photo for."""

    name: str
    confidence: Fraction


class Query(_Schema):
    """What was searched for: an item or a photo."""

    item_id: str | None
    width: int | None = Field(description="Of the photo, pixels, after EXIF orientation.")
    height: int | None
    box: Annotated[list[Fraction], Field(min_length=4, max_length=4)] | None
    category: Category | None = Field(description="Null for items, and while the network has no trained head.")


class Timing(_Schema):
    """Where the time went. An item's query has only `search` and `total`."""

    queue: Milliseconds | None = None
    decode: Milliseconds | None = None
    embed: Milliseconds | None = None
    search: Milliseconds
    total: Milliseconds


class SimilarItems(_Schema):
    """Items that look like the query, most similar first."""

    request_id: str
    query: Query
    index: IndexSummary
    items: list[SimilarItem]
    total: int = Field(ge=0, description="Matches after filters and min_score; groups of them with group_by.")
    limit: int
    offset: int
    timing_ms: Timing
    facets: dict[str, dict[str, int]] | None = Field(
        default=None, description="With `facets`: field -> value -> how many matches have it."
    )


class Items(_Schema):
    """A page of the catalogue."""

    request_id: str
    index: IndexSummary
    items: list[Item]
    total: int = Field(ge=0, description="Items after filters.")
    limit: int
    offset: int
    seed: int | None = Field(default=None, description="Of the random order; absent in catalogue order.")


class Attribute(_Schema):
    """One attribute."""

    kind: ColumnKindName
    values: dict[str, int] = Field(description="How many items have each value.")


class Attributes(_Schema):
    """Everything that can be filtered by."""

    attributes: dict[str, Attribute]


class ItemIds(_Schema):
    """Items whose embeddings are wanted."""

    item_ids: list[str] = Field(min_length=1, max_length=10_000)


class JobResult(_Schema):
    """The embedding of one picture."""

    index: int = Field(ge=0, description="Position in the request.")
    item_id: str | None
    filename: str | None
    embedding: list[float] = Field(min_length=512, max_length=512)


class JobError(_Schema):
    """Why one picture has no embedding."""

    index: int = Field(ge=0, description="Position in the request.")
    item_id: str | None
    code: ProblemCode
    detail: str


class Job(_Schema):
    """An embedding job."""

    job_id: str
    status: Literal["queued", "running", "succeeded", "failed", "expired"]
    done: int = Field(ge=0, description="Pictures that are finished, with or without an embedding.")
    total: int = Field(ge=1)
    results: list[JobResult] = Field(description="A page of the embeddings, by index.")
    errors: list[JobError] = Field(description="All pictures without one.")


class Liveness(_Schema):
    """The process answers."""

    status: Literal["ok"]


class Checks(_Schema):
    """`ok`, or a sentence that says what is missing."""

    index: str
    redis: str
    worker: str


class Readiness(_Schema):
    """Whether photos can be answered."""

    status: Literal["ready", "unready"]
    checks: Checks


class IndexChecks(_Schema):
    """`ok`, or a sentence that says what is missing."""

    index: str


class IndexReadiness(_Schema):
    """Whether items can be answered."""

    status: Literal["ready", "unready"]
    checks: IndexChecks


class Problem(_Schema):
    """An error (RFC 9457)."""

    type: str = Field(description="A URI that names the code.")
    title: str
    status: int = Field(ge=400, le=599)
    detail: str = Field(description="What was wrong and what to do.")
    instance: str = Field(description="The path that was asked.")
    code: ProblemCode
    request_id: str
