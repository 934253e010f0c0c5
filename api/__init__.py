"""The HTTP side: accepts requests, has photos embedded by the workers, searches the index, serves the page.

Its packages, from top to bottom; none imports one above it:

- `routes`: the endpoints, one file per group, and how a declared route is served;
- `live`: follows and writes the changes of the live catalogue;
- `jobs`: long embedding jobs; `openapi`: the document that describes the routes;
- `items`: the open index and what responses need from it;
- `embedding`: how a photo gets its embedding, through Redis;
- `http`: HTTP itself;
- `page`: the page's files, no Python.

`serving` runs one process and `app` assembles the application. All packages may use `settings`,
`metrics` and `background`.
Must not know: networks, torch, what pixels mean.
"""
