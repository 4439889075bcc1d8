#!/usr/bin/env bash
# Builds the wheel for Linux on x86-64 that runs on every system since 2014 (manylinux2014): the C parts are built against
# the C library of that time by zig, which comes from the Python packages.
# Usage: packaging/wheel.sh OUT-FOLDER [CARGO-PROFILE]
set -euo pipefail
out=$(mkdir -p "$1" && cd "$1" && pwd)
profile=${2:-release}
cd "$(dirname "$0")/.."

tools=${UNMOOR_PACKAGING:-$PWD/target/packaging}/tools
if ! cmp -s packaging/requirements.txt "$tools/.pins"; then
  rm -rf "$tools"
  python3 -m venv "$tools"
  "$tools/bin/pip" install --quiet --disable-pip-version-check -r packaging/requirements.txt
  cp packaging/requirements.txt "$tools/.pins"
fi
# maturin runs `python3 -m ziglang`.
export PATH=$tools/bin:$PATH
maturin build --locked --profile "$profile" --target x86_64-unknown-linux-gnu --zig --compatibility manylinux2014 \
  --target-dir target/packaging/cargo --out "$out"
