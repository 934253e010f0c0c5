#!/bin/sh
# Install programs that the tests need and that are missing: Chromium for the page, wrk and curl for HTTP.
set -eu
missing=""
command -v chromium >/dev/null 2>&1 || missing="$missing chromium"
command -v wrk >/dev/null 2>&1 || missing="$missing wrk"
command -v curl >/dev/null 2>&1 || missing="$missing curl"
[ -n "$missing" ] || exit 0
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
    echo "The tests need system packages that are missing here; installing with apt-get:$missing"
    apt-get update -qq
    # shellcheck disable=SC2086  # several words on purpose
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing >/dev/null
else
    echo "lookalike: the tests need$missing; install them first (Debian, Ubuntu: apt install$missing)." >&2
    exit 1
fi
