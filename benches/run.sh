#!/usr/bin/env bash
# All figures of docs/performance.md, in one go: builds the corpora and the program, runs everything, and leaves the tables
# in the folder given (target/bench without one). It takes long, and nothing else should run meanwhile.
set -euo pipefail
cd "$(dirname "$0")/.."
folder=${1:-target/bench}
mkdir -p "$folder"
folder=$(cd "$folder" && pwd)
trees=$folder/trees

echo "corpora ..." >&2
benches/corpora.py "$folder"
# Ignore rules of a repository around the trees would hide them; an empty file switches semgrep's own list off.
git init -q "$trees" 2> /dev/null || true
for tree in "$trees" "$trees"/*/; do
  : > "$tree/.semgrepignore"
done

if [ ! -x "$folder/tools/bin/semgrep" ]; then
  python3 -m venv "$folder/tools"
  "$folder/tools/bin/pip" install -q ripgrep==15.1.0 ast-grep-cli==0.51.1 semgrep==1.182.0
fi
export PATH=$folder/tools/bin:$PATH
cargo build --release --locked

benches/peers.py --rounds 7 --slow-rounds 1 "$trees/small" "$trees/dense" "$trees/sparse" > "$folder/peers.md"
benches/peers.py --rounds 3 --slow-rounds 1 --slow ast-grep semgrep -- "$trees" > "$folder/large.md"
benches/rule_count.py "$trees/dense" > "$folder/rules.md"
for tree in dense sparse; do
  UNMOOR_BENCH_TREE=$trees/$tree cargo bench --locked --bench stages > "$folder/stages-$tree.md"
done
if command -v valgrind > /dev/null; then
  benches/instructions.py > "$folder/instructions.md"
else
  echo "valgrind is not installed: no instruction counts" >&2
fi
echo "the tables are in $folder" >&2
