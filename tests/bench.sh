#!/bin/bash
# Measures each stage beside its physical limit, in one run: imports against bare inserts (and the
# readers of data files side by side), slips (e-delivered ones against their key derivation), scanned
# pages against decoding alone, certificates against bare signatures, CRLs against openssl's, cards
# (the host's time apart from the virtual chip's), mails against plain clients of the same server.
# Builds what is missing.
#
#   tests/bench.sh [ROWS SLIPS MAILS PAGES CERTIFICATES CARDS]
#                  default: 20000 10000 400 600 2000 200
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
case ${1:-} in -h | --help) sed -n '2,9s/^# \{0,1\}//p' "$0"; exit 0 ;; esac
"$root/samples/install.sh" "$root/samples/packages.txt" "$root/tests/packages.txt"
build=$root/.build/release
cmake -S "$root" -B "$build" -G Ninja -DCMAKE_BUILD_TYPE=Release -DSEALDESK_UNITY=ON \
    -DSEALDESK_TESTS=ON >/dev/null
SEALDESK_BUILD=$build "$root/samples/build.sh" sealdesk_bench sealdesk_tests
bench=$build/tests/sealdesk_bench

"$bench" import 1000
"$bench" import "${1:-20000}"
"$bench" readers "${1:-20000}"
"$bench" registry "$((${1:-20000} * 5))"
"$bench" night "$((${1:-20000} * 50))"
"$bench" slips "${2:-10000}" || true   # its exit status says whether the aims were reached
"$bench" printing "${2:-10000}" || true

"$bench" scans "${4:-600}"
"$bench" ca "${5:-2000}"
"$bench" crl "$((${5:-2000} * 50))"
SEALDESK_TEST_CARDS=${6:-200} "$build/tests/sealdesk_tests" \
    --gtest_filter='Backends/Personalisation.ManyCardsUnattended/sqlite' --gtest_brief=1 | grep cards

scratch=$(mktemp -d /tmp/sealdesk-bench.XXXXXX)
chmod 755 "$scratch"
trap '"$root/tests/support/postfix.sh" stop "$scratch/postfix"; rm -rf "$scratch"' EXIT
environment=$("$root/tests/support/postfix.sh" start "$scratch/postfix")
eval "$environment"
"$bench" mails "${3:-400}"
