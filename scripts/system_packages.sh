#!/bin/sh
# Install programs that the tests need and that are missing: Chromium for the page, wrk and curl for HTTP.
# What can also be done without comes first: Chromium without windows, in which the tests of the page take two thirds of
# the time; Firefox, pgbouncer and iproute2, without which only their own tests are skipped. Not every distribution has
# packages of them.
set -eu
has() {
    command -v "$1" >/dev/null 2>&1
}
look() {
    missing=""
    has chromium-headless-shell || has chromium || missing="$missing chromium"
    has wrk || missing="$missing wrk"
    has curl || missing="$missing curl"
}
look
wanted=""
has chromium-headless-shell || wanted="$wanted chromium-headless-shell"
has firefox-esr || has firefox || wanted="$wanted firefox-esr"
has pgbouncer || wanted="$wanted pgbouncer"
has ip || wanted="$wanted iproute2"
[ -n "$missing$wanted" ] || exit 0
install() {
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@" >/dev/null
}
if [ "$(id -u)" = 0 ] && has apt-get; then
    echo "The tests need system packages that are missing here; installing with apt-get:$missing$wanted"
    apt-get update -qq
    for package in $wanted; do
        install "$package" || echo "lookalike: $package cannot be installed; the tests do without it" >&2
    done
    # Chromium without windows is enough.
    look
    # shellcheck disable=SC2086  # several words on purpose
    [ -z "$missing" ] || install $missing
elif [ -n "$missing" ]; then
    echo "lookalike: the tests need$missing; install them first (Debian, Ubuntu: apt install$missing)." >&2
    exit 1
fi
