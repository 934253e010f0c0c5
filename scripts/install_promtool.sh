#!/bin/sh
# Put promtool, with which the tests run the alert rules, into a folder, unless there is one already. It is taken out of
# Debian's package `prometheus`, because installing that would start a server. Without promtool only its own tests are
# skipped.
# Usage: install_promtool.sh FOLDER
set -eu
folder=$1
if [ -x "$folder/promtool" ] || command -v promtool >/dev/null 2>&1; then exit 0; fi
unpacked=$(mktemp -d)
trap 'rm -rf "$unpacked"' EXIT
fetch() {
    cd "$unpacked"
    [ "$(id -u)" != 0 ] || apt-get update -qq
    # apt checks the package's hash. As root it would otherwise warn that its own user cannot write here.
    apt-get download -qq -o APT::Sandbox::User=root prometheus
    dpkg-deb --extract prometheus_*.deb .
}
if command -v apt-get >/dev/null 2>&1 && (fetch) >/dev/null 2>&1 && [ -f "$unpacked/usr/bin/promtool" ]; then
    mv "$unpacked/usr/bin/promtool" "$folder/promtool"
else
    echo "lookalike: promtool cannot be installed; its tests are skipped" >&2
fi
