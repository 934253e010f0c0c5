"""The OpenAPI document and what it is put together from: operations, bodies, schemas, examples.

Must not know: how a request is answered.
"""
