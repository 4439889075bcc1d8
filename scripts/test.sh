#!/usr/bin/env bash
# Provisions what the tests need beyond Rust, Python 3 and Node, under target/extras, and runs them all.
# Usage: scripts/test.sh [ARGUMENTS FOR cargo test]
set -euo pipefail
cd "$(dirname "$0")/.."

extras=$PWD/target/extras
mkdir -p "$extras"

# A stamp holds the pins that were installed, so that a second run is quick and a changed pin installs anew.
fresh() { [ -f "$1/.pins" ] && cmp -s "$2" "$1/.pins"; }

if ! fresh "$extras/python" tests/packages/requirements.txt; then
  echo "installing the pinned Python packages into target/extras/python"
  rm -rf "$extras/python"
  python3 -m venv "$extras/python"
  "$extras/python/bin/pip" install --quiet --disable-pip-version-check -r tests/packages/requirements.txt
  cp tests/packages/requirements.txt "$extras/python/.pins"
fi

if ! fresh "$extras/node" tests/packages/package.json; then
  echo "installing the pinned npm packages into target/extras/node"
  rm -rf "$extras/node"
  mkdir -p "$extras/node"
  cp tests/packages/package.json "$extras/node/"
  (cd "$extras/node" && npm install --silent --no-audit --no-fund --ignore-scripts)
  cp tests/packages/package.json "$extras/node/.pins"
fi

UNMOOR_EXTRAS=$extras cargo test --locked "$@"
