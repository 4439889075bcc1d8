#!/usr/bin/env bash
# Installs the release that is asked for into a folder of the job, or takes the one on the PATH.
set -euo pipefail

version=$INPUT_VERSION
if [ "$version" = installed ]; then
  program=$(command -v unmoor) || {
    echo "::error title=unmoor::version is 'installed', but there is no unmoor on the PATH"
    exit 1
  }
elif [[ $version =~ ^(latest|[0-9]+\.[0-9]+\.[0-9]+([a-z0-9.-]+)?)$ ]]; then
  folder=$RUNNER_TEMP/unmoor-program
  python3 -m venv "$folder"
  package=unmoor
  if [ "$version" != latest ]; then package="unmoor==$version"; fi
  "$folder/bin/pip" install --quiet --disable-pip-version-check --only-binary :all: "$package"
  program=$folder/bin/unmoor
else
  echo "::error title=unmoor::the input version is neither a release such as 0.1.0 nor 'latest' nor 'installed'"
  exit 1
fi

{
  printf 'program=%s\n' "$program"
  printf 'version=%s\n' "$("$program" --version | cut -d ' ' -f 2)"
} >>"$GITHUB_OUTPUT"
