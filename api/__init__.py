"""The HTTP side: takes requests in, has photos embedded by the workers, searches the index, serves the page.

The wings, from top to bottom; none imports one above it:

- `routes`: what can be asked, a file for each group, and how a declared route is served;
- `jobs`: long embedding jobs; `openapi`: the document that describes the routes;
- `items`: the open index and what answers need of it;
- `embedding`: how a photo gets its embedding, through Redis;
- `http`: HTTP itself;
- `page`: the page's files, no Python.

`serving` runs one process, `app` puts the parts together, `settings`, `metrics` and `background`
are for all of them.
Must not know: networks, torch, what pixels mean.
"""
