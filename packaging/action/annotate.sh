#!/usr/bin/env bash
# Marks the findings on their lines, the worst first, and says so when an upload that was wanted did not succeed.
set -euo pipefail

cat "$ANNOTATIONS"
if [ "$WANTED" = true ] && [ "$UPLOADED" != success ]; then
  echo "::notice title=unmoor::the findings could not be uploaded to code scanning; that needs the permission security-events: write, which pull requests from forks do not have, and code scanning for the repository"
fi
