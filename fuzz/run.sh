#!/usr/bin/env bash
# Fuzzes every target, or those that are named, for SECONDS_EACH seconds (20 minutes by default). Needs cargo-fuzz and a
# nightly toolchain. Seeds are made of the fixtures. What fails lies in fuzz/artifacts; put it into fuzz/regressions/TARGET,
# where `cargo test --test fuzzed` runs it from then on, and mend the bug.
set -euo pipefail
cd "$(dirname "$0")/.."
seconds=${SECONDS_EACH:-1200}
targets=("$@")
[ $# -gt 0 ] || mapfile -t targets < <(cargo +nightly fuzz list)
seeds=target/fuzz-seeds
rm -rf "$seeds"
mkdir -p "$seeds"/{python,typescript,page,document,notebook,rules,settings,baseline,decode}

copy() { # FOLDER PATTERN...: the fixtures with such names, by number
  local folder=$1 number=0
  shift
  while IFS= read -r -d '' file; do
    cp "$file" "$seeds/$folder/$((number += 1))"
  done < <(find fixtures tests -name node_modules -prune -o -type f \( "$@" \) -size -64k -print0)
}
copy python -name '*.py'
copy typescript -name '*.ts' -o -name '*.tsx' -o -name '*.js' -o -name '*.mjs'
copy page -name '*.vue' -o -name '*.svelte' -o -name '*.astro' -o -name '*.html'
copy notebook -name '*.ipynb'
copy settings -name '*unmoor.toml'
find rules -name '*.yaml' | nl -ba | while read -r number file; do cp "$file" "$seeds/rules/$number"; done
# The first byte says the kind.
number=0
for ending in json yaml toml ini env Dockerfile Makefile sh ps1 properties tf bicep txt; do
  while IFS= read -r -d '' file; do
    { printf "\\x$(printf %02x "$(( number % 25 ))")"; cat "$file"; } > "$seeds/document/$((number += 1))"
  done < <(find fixtures -type f -name "*$ending" -size -64k -print0)
done
cp "$seeds"/python/{1,2,3} "$seeds/decode"
mkdir -p "$seeds/comments" && printf 'ignore[client-openai] reason until=2027-01-01' > "$seeds/comments/1"
ln -sfn python "$seeds/resolve"
ln -sfn python "$seeds/fix"

failed=()
for target in "${targets[@]}"; do
  mkdir -p "fuzz/corpus/$target"
  cargo +nightly fuzz run "$target" "fuzz/corpus/$target" "$seeds/$target" -- \
    -max_total_time="$seconds" -timeout=25 -rss_limit_mb=4096 -max_len=65536 -print_final_stats=1 || failed+=("$target")
done
[ ${#failed[@]} -eq 0 ] || { echo "failed: ${failed[*]}" >&2; exit 1; }
