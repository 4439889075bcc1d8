#!/usr/bin/env bash
# Makes the files of the hook's own repository: the manifest without the hooks that need the source, and a project that
# depends on one release of the wheel.
# Usage: packaging/mirror.sh VERSION FOLDER
set -euo pipefail
version=$1
folder=$2
root=$(cd "$(dirname "$0")/.." && pwd)
mkdir -p "$folder"

# The first hook of the manifest is the one that installs the wheel.
awk '/^- id: unmoor-src$/ { exit } !/^#/ { print }' "$root/.pre-commit-hooks.yaml" >"$folder/.pre-commit-hooks.yaml"
cat >"$folder/pyproject.toml" <<TOML
[project]
name = "unmoor-pre-commit"
version = "$version"
dependencies = ["unmoor==$version"]

[tool.setuptools]
py-modules = []
TOML
cat >"$folder/README.md" <<MARKDOWN
# unmoor for pre-commit

The hook of [unmoor](https://github.com/unmoor/unmoor), made by its \`packaging/mirror.sh\`. Use it with:

\`\`\`yaml
repos:
  - repo: https://github.com/unmoor/unmoor-pre-commit
    rev: v$version
    hooks:
      - id: unmoor
\`\`\`
MARKDOWN
