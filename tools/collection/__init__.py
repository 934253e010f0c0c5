"""Writes the HTTP interface as a collection of requests for Postman and Bruno."""
