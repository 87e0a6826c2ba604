#!/bin/bash
# Installs what is missing, builds, starts a private database server and a private mail server,
# runs all tests, and ends what it started. From any folder; as root or with sudo.
#
#   tests/run.sh                 all tests
#   tests/run.sh --sanitize      all tests, compiled with AddressSanitizer and UBSan
#   tests/run.sh -R PATTERN …    further arguments go to ctest
#
# SEALDESK_TEST_DURABLE=1: the database server writes through to the disk, as in production.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
export PATH=$PATH:/usr/sbin:/sbin
build=$root/.build/release
options=(-DCMAKE_BUILD_TYPE=Release)
case ${1:-} in
    --sanitize)
        shift
        build=$root/.build/sanitize
        options=(-DCMAKE_BUILD_TYPE=Debug "-DCMAKE_CXX_FLAGS=-O1 -g1" -DSEALDESK_SANITIZE=ON)
        export ASAN_OPTIONS=${ASAN_OPTIONS:-detect_stack_use_after_return=1:strict_string_checks=1}
        export UBSAN_OPTIONS=${UBSAN_OPTIONS:-print_stacktrace=1}
        export LSAN_OPTIONS=${LSAN_OPTIONS:-suppressions=$root/tests/support/lsan.supp:print_suppressions=0}
        ;;
    -h | --help)
        sed -n '2,9s/^# \{0,1\}//p' "$0"
        exit 0
        ;;
esac

started=$SECONDS
say() { printf '%4ds  %s\n' $((SECONDS - started)) "$*" >&2; }

say "packages"
"$root/samples/install.sh" "$root/samples/packages.txt" "$root/tests/packages.txt"

say "build in ${build#"$root"/}"
mkdir -p "$build"
if [ ! -e "$build/build.ninja" ] || ! grep -q '^SEALDESK_TESTS:BOOL=ON$' "$build/CMakeCache.txt"; then
    cmake -S "$root" -B "$build" -G Ninja -DSEALDESK_UNITY=ON -DSEALDESK_TESTS=ON "${options[@]}" \
        >"$build/configure.log" 2>&1 || { cat "$build/configure.log" >&2; exit 3; }
fi
SEALDESK_BUILD=$build "$root/samples/build.sh" all

# Postfix' processes run as other users, so they must be able to enter the folder.
scratch=$(mktemp -d /tmp/sealdesk-tests.XXXXXX)
chmod 755 "$scratch"
# The tests' own files: in memory when there is 1 GB of it or more.
memory=$scratch
if [ "$(df --output=avail /dev/shm 2>/dev/null | tail -n 1 || echo 0)" -ge 1000000 ]; then
    memory=$(mktemp -d /dev/shm/sealdesk-tests.XXXXXX)
fi
as_root=()
[ "$(id -u)" = 0 ] || as_root=(sudo)
stop_all() {
    trap - EXIT INT TERM
    "$root/tests/support/mariadb.sh" stop "$scratch/mariadb" || true
    if [ -x "$root/tests/support/postfix.sh" ]; then
        "${as_root[@]}" "$root/tests/support/postfix.sh" stop "$scratch/postfix" || true
    fi
    "${as_root[@]}" rm -rf "$scratch" "$memory"
}
trap stop_all EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

say "database server"
environment=$("$root/tests/support/mariadb.sh" start "$scratch/mariadb")
eval "$environment"
if [ -x "$root/tests/support/postfix.sh" ]; then
    say "mail server"
    environment=$("${as_root[@]}" "$root/tests/support/postfix.sh" start "$scratch/postfix")
    eval "$environment"
fi
mkdir "$memory/tmp"
export TMPDIR=$memory/tmp

say "tests"
status=0
ctest --test-dir "$build" --output-on-failure --no-tests=error -j2 "$@" || status=$?
say "done"
exit $status
