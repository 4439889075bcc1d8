#!/usr/bin/env bash
# Fails the job when the scan says so, after everything was reported.
set -euo pipefail

case $EXIT_CODE in
  0) ;;
  1) echo "::error title=unmoor::$FINDINGS findings; see the job's summary, or run \`unmoor scan\`" ;;
  *) echo "::error title=unmoor::the scan could not be made as asked (exit code $EXIT_CODE); see the log of the step 'Scan'" ;;
esac
exit "$EXIT_CODE"
