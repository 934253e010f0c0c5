#!/bin/sh
# Time a first `lookalike demo`: from its start to the first answer to a photo, with nothing unpacked or compiled yet.
# Usage: time_demo.sh PYTHON [PORT]
set -eu
python=$(cd "$(dirname "$1")" && pwd)/$(basename "$1")
port=${2:-8123}
checkout=$(cd "$(dirname "$0")/.." && pwd)
folder=$(mktemp -d)
cd "$folder"
began=$(date +%s.%N)
# Numba finds no machine code in an empty folder of its own.
PYTHONPATH="$checkout" NUMBA_CACHE_DIR="$folder/numba" "$python" -m lookalike demo --port "$port" >demo.log 2>&1 &
demo=$!
trap 'kill -INT "$demo" 2>/dev/null || true; wait "$demo" || true; rm -rf "$folder"' EXIT
answered() {
    photo=$(find .lookalike/sample-catalogue -name '*.webp' 2>/dev/null | head -n 1)
    [ -n "$photo" ] && curl --silent --fail --output answer.json --form "image=@$photo" "http://127.0.0.1:$port/similar"
}
until answered; do
    kill -0 "$demo" 2>/dev/null || { cat demo.log >&2; exit 1; }
    sleep 0.1
done
echo "first answer after $(echo "$(date +%s.%N) $began" | awk '{printf "%.1f", $1 - $2}') s"
