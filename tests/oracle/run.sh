#!/bin/bash
# run.sh [BUILD_FOLDER]: compares our rules for national, resident and unified business numbers with
# the npm package taiwan-id-validator on 100,000 numbers, and makes verdicts.txt anew. Needs npm; the
# package goes into a scratch folder. The usual tests need neither: they read verdicts.txt.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
build=${1:-$here/../../.build/release}
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
cmake --build "$build" --target sealdesk_oracle > "$scratch/build.log" || { cat "$scratch/build.log"; exit 3; }
"$build/tests/sealdesk_oracle" 20261126 100000 > "$scratch/ours.txt"
cp "$here/compare.mjs" "$scratch"
cd "$scratch"
npm init --yes > npm.log
npm install --no-audit --no-fund taiwan-id-validator@2.1.0 >> npm.log || { cat npm.log; exit 3; }
node compare.mjs ours.txt "$here/verdicts.txt"
