#!/bin/sh
# Run what asks an index or a live catalogue, with a real PostgreSQL as the search engine and as the database, instead of
# memory and SQLite. See tests/served_elsewhere.py.
# Usage: test_engines.sh PYTHON [PYTEST ARGUMENTS]
set -u
python=$1
shift
[ $# -gt 0 ] || set -- tests/api tests/api_embedding tests/importer tests/test_export_similar_command.py
LOOKALIKE_TEST_SEARCH=postgresql exec scripts/test.sh "$python" "$@"
