#!/bin/bash
# Installs what is missing and builds the program: .build/release/sealdesk. When nothing has
# changed it takes a second.
#
#   samples/build.sh [TARGET…]     default: sealdesk
#
# SEALDESK_BUILD=DIR builds elsewhere. Used by samples/run.sh and tests/run.sh.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
build=${SEALDESK_BUILD:-$root/.build/release}
targets=("$@")
[ $# -gt 0 ] || targets=(sealdesk)

"$root/samples/install.sh" "$root/samples/packages.txt"

mkdir -p "$build"
log=$build/build.log

# On a terminal the compiler's progress is shown; elsewhere only what went wrong.
quietly() {
    if [ -t 1 ]; then
        "$@"
    elif ! "$@" >"$log" 2>&1; then
        tail -n 100 "$log" >&2
        exit 3
    fi
}

if [ ! -e "$build/build.ninja" ]; then
    quietly cmake -S "$root" -B "$build" -G Ninja -DCMAKE_BUILD_TYPE=Release -DSEALDESK_UNITY=ON \
        -DSEALDESK_TESTS=OFF
fi
quietly cmake --build "$build" --target "${targets[@]}"
