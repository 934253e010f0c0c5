"""The HTTP endpoints: a file for each group of routes, their parameters, and their registration.

Must not know: how a process is started and put together.
"""
