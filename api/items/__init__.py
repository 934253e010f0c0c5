"""The open index and what answers need of it: views, pictures, lists, searches; and following CURRENT.

Must not know: routes, jobs, the document; how an embedder reaches its workers.
"""
