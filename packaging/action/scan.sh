#!/usr/bin/env bash
# Scans, writes the reports, and keeps the exit code for the last step, so that findings do not stop the upload.
set -euo pipefail

out=$RUNNER_TEMP/unmoor-reports
rm -rf "$out"
mkdir -p "$out"
arguments=(
  scan --no-progress --color=never --format=concise
  --output="sarif=$out/unmoor.sarif"
  --output="markdown=$out/summary.md"
  --output="github=$out/annotations.txt"
  --output="jsonl=$out/unmoor.jsonl"
)
# An input that is not given adds nothing.
add() {
  if [ -n "$2" ]; then arguments+=("$1=$2"); fi
}
add --config "$INPUT_CONFIG"
add --select "$INPUT_SELECT"
add --ignore "$INPUT_IGNORE"
add --min-severity "$INPUT_MIN_SEVERITY"
add --fail-on "$INPUT_FAIL_ON"
add --baseline "$INPUT_BASELINE"
add --since "$INPUT_SINCE"
add --category "$INPUT_CATEGORY"
arguments+=(--)
while IFS= read -r path; do
  path=${path%$'\r'}
  if [ -n "$path" ]; then arguments+=("$path"); fi
done <<<"$INPUT_PATHS"

# A file can have a name that the runner would take for a command; none is taken from what the scan says.
token=$(od -An -N16 -tx1 /dev/urandom | tr -d ' \n')
echo "::stop-commands::$token"
code=0
"$PROGRAM" "${arguments[@]}" 2>&1 || code=$?
echo "::$token::"

sarif=
findings=
if [ -f "$out/unmoor.sarif" ]; then
  sarif=$out/unmoor.sarif
  findings=$(grep -c '^{"type":"finding"' "$out/unmoor.jsonl" || true)
  if [ "$INPUT_SUMMARY" = true ]; then cat "$out/summary.md" >>"$GITHUB_STEP_SUMMARY"; fi
fi
{
  printf 'exit-code=%s\n' "$code"
  printf 'sarif-file=%s\n' "$sarif"
  printf 'annotations-file=%s\n' "$out/annotations.txt"
  printf 'findings=%s\n' "$findings"
} >>"$GITHUB_OUTPUT"
