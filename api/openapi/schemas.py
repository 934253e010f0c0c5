"""Schemas of the responses, for the OpenAPI document; tests validate real responses with them.

Responses are written by `api.http.answers` without these classes, because validating a list of hits
costs more than finding them.
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
    """The index that answered the request."""

    version: str = Field(description="Version of the index.")
    model: str = Field(description="Version of the network that computed its embeddings.")
    items: int = Field(ge=0, description="Number of items in it.")
    sequence: int | None = Field(
        default=None, ge=0, description="The change of the live catalogue whose state it shows; absent without one."
    )
    recall: float | None = Field(
        default=None,
        ge=0,
        le=1,
        description=(
            "Share of the exact ten most similar items that searches find, as it was measured; null if it was not. "
            "Absent where searches are exact, as they are unless a search engine holds an approximate index."
        ),
    )


class Item(_Schema):
    """An item of the catalogue."""

    id: str
    image_url: str = Field(description="URL of the picture, percent-encoded.")
    attributes: dict[str, str] = Field(description="As in the source data; empty values are left out.")


class SimilarItem(Item):
    """An item that was found."""

    rank: int = Field(ge=1, description="1 is the most similar.")
    score: Score


class Category(_Schema):
    """The category that the network predicts for the photo."""

    name: str
    confidence: Fraction


class PhotoObject(_Schema):
    """A garment that was found in the photo."""

    type: str = Field(description="What kind of garment.")
    box: Annotated[list[Fraction], Field(min_length=4, max_length=4)] = Field(
        description="x1, y1, x2, y2, as fractions of the photo after EXIF orientation; `box` takes the same."
    )
    score: Fraction = Field(description="How certain the network is.")


class Query(_Schema):
    """What was searched for: an item, a photo, or a photo by its token."""

    item_id: str | None
    width: int | None = Field(description="Of the photo after EXIF orientation, pixels. Null for items.")
    height: int | None
    box: Annotated[list[Fraction], Field(min_length=4, max_length=4)] | None = Field(
        description="The part of the photo that was searched for: the one that was asked for, else that of the most "
        "prominent garment. Null for all of it, and for items."
    )
    objects: Annotated[list[PhotoObject], Field(max_length=8)] | None = Field(
        description="The garments that were found in the photo, the most certain first. Null for items, by token, with "
        "`detect=false`, and if the network finds none by nature."
    )
    category: Category | None = Field(description="Null for items, and if the network was not trained to predict it.")
    token: Annotated[str, Field(max_length=1500)] | None = Field(
        description="Of a photo: `GET /similar?token=...` searches with it again, without the photo. Null for items."
    )


class Timing(_Schema):
    """Time spent in each stage. Searches by item and by token have only `search` and `total`."""

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
    total: int = Field(ge=0, description="Number of matches after filters and min_score; of groups with group_by.")
    limit: int
    offset: int
    timing_ms: Timing
    facets: dict[str, dict[str, int]] | None = Field(
        default=None, description="Only with `facets`: field -> value -> number of matches that have it."
    )


class Items(_Schema):
    """A page of the catalogue."""

    request_id: str
    index: IndexSummary
    items: list[Item]
    total: int = Field(ge=0, description="Number of items after filters.")
    limit: int
    offset: int
    seed: int | None = Field(default=None, description="Seed of the random order; absent in catalogue order.")


class ChangedItem(_Schema):
    """An item after a change."""

    request_id: str
    item: Item
    version: int = Field(ge=1, description="Of the item; 1 more with each change.")
    sequence: int = Field(ge=1, description="Of the item's last change; from then on, `index.sequence` is no lower.")
    changed: bool = Field(description="False: it was the same already.")


class RowError(_Schema):
    """Why a row of a feed was not imported."""

    row: int = Field(ge=0, description="Of the feed, from 1.")
    id: str | None = Field(description="Of the item, if the row names one.")
    code: str = Field(description="Stable, for programs.")
    detail: str = Field(description="What is wrong and what to do.")


class Import(_Schema):
    """An import of a feed."""

    import_id: str
    status: Literal["queued", "running", "succeeded", "succeeded_with_errors", "failed"]
    mode: Literal["upsert", "replace", "delete"]
    format: str | None = Field(description="Null: recognised by content.")
    rows: int = Field(ge=0, description="Rows that were read so far.")
    created: int = Field(ge=0)
    replaced: int = Field(ge=0)
    unchanged: int = Field(ge=0)
    deleted: int = Field(ge=0)
    failed: int = Field(ge=0, description="Rows that could not be used.")
    sequence: int | None = Field(description="Of its last change; null before the first.")
    visible: bool = Field(description="Whether this process serves all that it has changed so far.")
    detail: str | None = Field(description="Why it failed, or what else is to be known.")
    created_at: str = Field(description="RFC 3339, UTC.")
    updated_at: str
    errors: list[RowError] = Field(description="A page of the rows that could not be used.")
    errors_total: int = Field(ge=0, description="How many of them are kept.")


class IndexVersion(_Schema):
    """A version of the index that lies on the server's disk."""

    version: str
    created: str | None = Field(description="UTC; null if its manifest cannot be read, like `items`.")
    items: int | None = Field(ge=0)
    sequence: int | None = Field(description="The change whose state it holds; null if it was built from files.")
    current: bool = Field(description="It is to be served: CURRENT names it.")
    rollback: bool = Field(description="`lookalike index rollback` returns to it.")


class Imports(_Schema):
    """The newest imports, without their errors, and the state of the live catalogue."""

    request_id: str
    index: IndexSummary | None = Field(description="What this process serves; null before the first index.")
    waiting: int = Field(ge=0, description="Changed items that wait for the next index; they are served all the same.")
    changed_at: str | None = Field(description="When this process last began to serve a change; null: not yet.")
    bundles: str | None = Field(description="Folder of the versions on the server.")
    versions: list[IndexVersion] = Field(description="The newest first.")
    imports: list[Import]


class Attribute(_Schema):
    """One attribute."""

    kind: ColumnKindName = Field(description="`list`: an item may have several values.")
    distinct: int = Field(ge=0, description="Number of different values.")
    missing: int = Field(ge=0, description="Number of items without a value; one that does not fit the kind is none.")
    values: dict[str, int] = Field(
        description="Value -> number of items that have it: the 100 most frequent ones, or those asked for by `field`."
    )
    min: float | None = Field(description="The smallest number; null unless `kind` is `number`.")
    max: float | None = Field(description="The largest number, likewise.")


class Attributes(_Schema):
    """The attributes that can be filtered by."""

    attributes: dict[str, Attribute]


class ItemIds(_Schema):
    """Items to embed."""

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
    item_id: str | None = Field(description="Null for uploads, and for an id of over 512 characters.")
    code: ProblemCode
    detail: str


class Job(_Schema):
    """An embedding job."""

    job_id: str
    status: Literal["queued", "running", "succeeded", "failed", "expired"]
    done: int = Field(ge=0, description="Number of finished pictures, with or without an embedding.")
    total: int = Field(ge=1)
    results: list[JobResult] = Field(description="A page of the embeddings, in order of `index`.")
    errors: list[JobError] = Field(description="A page of the finished pictures without one, in order of `index`.")
    similar: SimilarItems | None = Field(
        default=None,
        description="Only of a photo sent to `POST /similar` with `Prefer: respond-async`: the answer to that request, "
        "for the index that is served now. Null until the job has succeeded, and if this index cannot answer it; then "
        "`errors` has the reason.",
    )


class Liveness(_Schema):
    """The process answers."""

    status: Literal["ok"]


class Checks(_Schema):
    """`ok`, or a sentence that says what is missing."""

    index: str
    redis: str
    worker: str
    catalogue: str | None = Field(default=None, description="Only with a live catalogue; it does not decide.")


class Readiness(_Schema):
    """Whether searches by photo can be answered."""

    status: Literal["ready", "unready"]
    checks: Checks


class IndexChecks(_Schema):
    """`ok`, or a sentence that says what is missing."""

    index: str


class IndexReadiness(_Schema):
    """Whether requests about items can be answered."""

    status: Literal["ready", "unready"]
    checks: IndexChecks


class Problem(_Schema):
    """An error (RFC 9457)."""

    type: str = Field(description="A URI that names the code.")
    title: str
    status: int = Field(ge=400, le=599)
    detail: str = Field(description="What is wrong and what to do.")
    instance: str = Field(description="The requested path.")
    code: ProblemCode
    request_id: str
