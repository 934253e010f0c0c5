#!/bin/sh
# Run the tests in two passes. The first runs in several processes at once. The second runs the tests marked `alone`, which
# measure time, with nothing beside them. The second pass also runs if the first fails.
# Usage: test.sh PYTHON [PYTEST ARGUMENTS]    PROCESSES=4 test.sh .venv/bin/python tests/api
set -u
python=$1
shift
# One more than there are cores, because many tests wait for other processes. More need more memory: each of them loads
# PyTorch.
processes=${PROCESSES:-$(($(getconf _NPROCESSORS_ONLN) + 1))}

# Hundreds of processes import the same modules. Without its compiled files, each of them would compile them again.
unset PYTHONDONTWRITEBYTECODE

"$python" -m pytest -n "$processes" --maxprocesses 4 --dist worksteal -m "not alone" "$@"
together=$?
"$python" -m pytest -m alone "$@"
alone=$?

# Where the arguments select no test for a pass, pytest says so with 5.
[ "$together" = 5 ] && [ "$alone" != 5 ] && together=0
[ "$alone" = 5 ] && alone=0
echo "Tests in several processes: $([ "$together" = 0 ] && echo passed || echo "FAILED (status $together)")." \
    "Tests one after the other: $([ "$alone" = 0 ] && echo passed || echo "FAILED (status $alone)")."
[ "$together" = 0 ] && [ "$alone" = 0 ]
