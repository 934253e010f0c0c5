#!/bin/sh
# Create the project's Python environment, or report what is missing on this machine.
# Usage: create_venv.sh PYTHON FOLDER
set -eu
python=$1
folder=$2

if ! command -v "$python" >/dev/null 2>&1; then
    echo "lookalike: there is no '$python'. Install Python 3.11 or later (Debian, Ubuntu: apt install python3 python3-venv)," >&2
    echo "or name one: make demo PYTHON=python3.12" >&2
    exit 1
fi
if ! "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))'; then
    echo "lookalike: '$python' is $("$python" -V 2>&1); Python 3.11 or later is needed. Name one: make demo PYTHON=python3.12" >&2
    exit 1
fi
if ! "$python" -c 'import ensurepip, venv' >/dev/null 2>&1; then
    echo "lookalike: '$python' cannot create environments: its venv module is missing." >&2
    echo "Install it (Debian, Ubuntu: apt install python3-venv) and run the same command again." >&2
    exit 1
fi
# Replace an environment whose interpreter no longer exists (moved checkout, upgraded system).
if [ -d "$folder" ] && ! "$folder/bin/python" -c 'import pip' >/dev/null 2>&1; then
    rm -rf "$folder"
fi
[ -d "$folder" ] || "$python" -m venv "$folder"
