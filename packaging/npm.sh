#!/usr/bin/env bash
# Puts the npm packages together: `unmoor` with the launcher, and one per system with its binary.
# Usage: packaging/npm.sh OUT-FOLDER SYSTEM=BINARY...   where SYSTEM is such as linux-x64
set -euo pipefail
out=$(mkdir -p "$1" && cd "$1" && pwd)
shift
root=$(cd "$(dirname "$0")/.." && pwd)
version=$(sed -n 's/^version = "\(.*\)"$/\1/p' "$root/Cargo.toml" | head -n 1)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

systems=()
for entry in "$@"; do
  system=${entry%%=*}
  binary=${entry#*=}
  folder=$work/$system
  mkdir -p "$folder/bin"
  case $system in
    win32-*) name=unmoor.exe ;;
    *) name=unmoor ;;
  esac
  cp "$binary" "$folder/bin/$name"
  chmod 755 "$folder/bin/$name"
  cp "$root"/LICENSE-* "$folder"
  sed -e "s/@VERSION@/$version/g" -e "s/@SYSTEM@/$system/g" -e "s/@OS@/${system%%-*}/g" -e "s/@CPU@/${system#*-}/g" \
    "$root/packaging/npm/system.json" >"$folder/package.json"
  (cd "$out" && npm pack --silent "$folder")
  systems+=("    \"@unmoor/$system\": \"$version\"")
done

folder=$work/unmoor
mkdir -p "$folder"
cp "$root/packaging/npm/launcher.js" "$root/README.md" "$root"/LICENSE-* "$folder"
listed=$(printf '%s,\n' "${systems[@]}")
SYSTEMS=${listed%,} VERSION=$version node -e '
  const fs = require("fs");
  const [template, target] = process.argv.slice(1);
  const text = fs.readFileSync(template, "utf8").replaceAll("@VERSION@", process.env.VERSION);
  fs.writeFileSync(target, text.replace("@SYSTEMS@", () => process.env.SYSTEMS.trim()));
' "$root/packaging/npm/main.json" "$folder/package.json"
(cd "$out" && npm pack --silent "$folder")
