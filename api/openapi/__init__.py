"""The OpenAPI document and its parts: operations, bodies, schemas, examples.

Must not know: how a request is answered.
"""
