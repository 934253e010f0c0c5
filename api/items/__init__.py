"""The open index and what responses need from it: views, pictures, lists, searches. Also follows CURRENT.

Must not know: routes, jobs, the document; how an embedder reaches its workers.
"""
