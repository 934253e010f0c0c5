"""Fetching pictures and feeds by URL, only from hosts that are allowed and never from a private address.

Must not know: what is done with what was fetched.
"""
