#!/bin/sh
# Install programs that the tests need and that are missing: Chromium for the page, wrk and curl for HTTP.
# Firefox, pgbouncer and iproute2 too, if they can be had: only their own tests are skipped without.
set -eu
missing=""
command -v chromium >/dev/null 2>&1 || missing="$missing chromium"
command -v wrk >/dev/null 2>&1 || missing="$missing wrk"
command -v curl >/dev/null 2>&1 || missing="$missing curl"
wanted="firefox-esr"
if command -v firefox-esr >/dev/null 2>&1 || command -v firefox >/dev/null 2>&1; then wanted=""; fi
command -v pgbouncer >/dev/null 2>&1 || wanted="$wanted pgbouncer"
command -v ip >/dev/null 2>&1 || wanted="$wanted iproute2"
[ -n "$missing$wanted" ] || exit 0
install() {
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@" >/dev/null
}
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
    echo "The tests need system packages that are missing here; installing with apt-get:$missing${wanted:+ ${wanted# }}"
    apt-get update -qq
    # shellcheck disable=SC2086  # several words on purpose
    [ -z "$missing" ] || install $missing
    for program in $wanted; do
        install "$program" || echo "lookalike: $program cannot be installed; its tests are skipped" >&2
    done
elif [ -n "$missing" ]; then
    echo "lookalike: the tests need$missing; install them first (Debian, Ubuntu: apt install$missing)." >&2
    exit 1
fi
