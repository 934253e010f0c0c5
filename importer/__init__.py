"""The importer process: runs imports, compacts changes into bundles, clears up.

Must not know: HTTP, queues, what the API does.
"""
