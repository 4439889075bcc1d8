#!/usr/bin/env python3
"""Times `unmoor` beside ripgrep, ast-grep and semgrep on a tree and prints a Markdown table.

The tools take turns (A B C D, A B C D, ...), so that a machine that gets busier or quieter touches all of them; the
column that counts is the ratio to ripgrep, the median over the rounds of (tool / ripgrep in the same round). Needs
nothing but Python; tools that are not installed are left out and said so.
"""

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
KINDS = (".py", ".pyi", ".js", ".jsx", ".mjs", ".cjs", ".ts", ".tsx", ".mts", ".cts")
# The tool that the others are compared with.
YARDSTICK = "rg"


def commands(unmoor, tree):
    """The command of each tool, by name, in the order in which they take turns."""
    globs = [word for kind in KINDS for word in ("-g", f"*{kind}")]
    ast_grep = str(HERE / "peers" / "ast-grep" / "sgconfig.yml")
    semgrep = str(HERE / "peers" / "semgrep.yml")
    return {
        "rg": ["rg", "-c", "-i", "azure", *globs, tree],
        "unmoor": [unmoor, "scan", "--no-config", "--format", "json", "-q", tree],
        "ast-grep": ["ast-grep", "scan", "-c", ast_grep, "--json=stream", tree],
        "semgrep": ["semgrep", "scan", "--metrics=off", "--disable-version-check", "--no-git-ignore", "-q", "--json",
                    "--config", semgrep, tree],
    }


def run(command, output):
    """Runs a command with its output in a file: (wall seconds, CPU seconds, peak MiB of its largest process)."""
    with open(output, "wb") as out:
        started = time.perf_counter()
        child = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.DEVNULL)
        _, status, usage = os.wait4(child.pid, 0)
        wall = time.perf_counter() - started
    child.returncode = os.waitstatus_to_exitcode(status)
    # 1 says "found something" (rg: "found nothing").
    if child.returncode not in (0, 1):
        sys.exit(f"{command[0]} ended with {child.returncode}: {' '.join(command)}")
    # Linux counts ru_maxrss in KiB, macOS in bytes.
    peak = usage.ru_maxrss / (1 << 20 if sys.platform == "darwin" else 1 << 10)
    return wall, usage.ru_utime + usage.ru_stime, peak


def version(program):
    shown = subprocess.run([program, "--version"], capture_output=True, text=True, stdin=subprocess.DEVNULL)
    line = (shown.stdout.strip().splitlines() or ["?"])[0]
    return line if not line[:1].isdigit() else f"{Path(program).name} {line}"


def size_of(tree):
    """How many files of the wanted kinds a tree holds, and their bytes. This counts for the rates of all tools."""
    files = size = 0
    for folder, _, names in os.walk(tree):
        for name in names:
            path = os.path.join(folder, name)
            if name.endswith(KINDS) and not os.path.islink(path):
                files += 1
                size += os.path.getsize(path)
    return files, size


def findings(tool, output):
    """What a tool found, as a text for the table. The figures of different tools do not count the same things."""
    text = Path(output).read_text(encoding="utf-8", errors="replace")
    if tool == "rg":
        return f"{len(text.splitlines())} files"
    if tool == "ast-grep":
        return str(len(text.splitlines()))
    return str(len(json.loads(text)["results" if tool == "semgrep" else "findings"]))


def details(tool, output):
    """What else a tool tells about its work."""
    if tool == "unmoor":
        stats = json.loads(Path(output).read_text(encoding="utf-8"))["stats"]
        read, parsed = stats["bytes_read"], stats["bytes_parsed"]
        share = 100 * parsed / read if read else 0
        return (f"unmoor read {stats['files_read']:,} files ({read / 1e6:.1f} MB) and parsed {stats['files_parsed']:,} "
                f"({parsed / 1e6:.1f} MB, {share:.1f} %)")
    if tool == "semgrep":
        scanned = len(json.loads(Path(output).read_text(encoding="utf-8"))["paths"]["scanned"])
        return f"semgrep took {scanned:,} files in (it passes over some by itself)"
    return None


def row(tool, runs, yardstick, files, size, found):
    wall, cpu, peak = (statistics.median(column) for column in zip(*runs))
    ratios = [run[0] / base[0] for run, base in zip(runs, yardstick)]
    if not ratios:
        ratio = "-"
    elif tool == YARDSTICK:
        ratio = "1"
    else:
        ratio = f"**{statistics.median(ratios):.1f}** ({min(ratios):.1f} to {max(ratios):.1f})"
    cells = [tool, f"{wall:.2f}", f"{cpu:.2f}", f"{peak:.0f}", ratio, f"{files / wall:,.0f}", f"{size / wall / 1e6:,.0f}",
             found, str(len(runs))]
    return f"| {' | '.join(cells)} |"


def measure(tree, arguments, folder):
    chosen = {tool: command for tool, command in commands(arguments.unmoor, tree).items() if tool in arguments.tools}
    missing = [tool for tool, command in chosen.items() if not shutil.which(command[0])]
    for tool in missing:
        print(f"{tool} is not installed ({chosen.pop(tool)[0]}) and is left out", file=sys.stderr)
    files, size = size_of(tree)
    outputs = {tool: os.path.join(folder, tool) for tool in chosen}
    runs = {tool: [] for tool in chosen}
    # Round 0 fills the caches and does not count.
    for number in range(arguments.rounds + 1):
        for tool, command in chosen.items():
            if tool in arguments.slow and (number == 0 or number > arguments.slow_rounds):
                continue
            measured = run(command, outputs[tool])
            if number > 0:
                runs[tool].append(measured)
            print(f"round {number}: {tool} {measured[0]:.2f} s", file=sys.stderr)
    print(f"\n{Path(tree).name}: {files:,} code files, {size / 1e6:.1f} MB; {os.cpu_count()} cores\n")
    print("| tool | wall s | CPU s | peak MiB | wall ÷ rg (spread) | files/s | MB/s | found | rounds |")
    print("|---|---|---|---|---|---|---|---|---|")
    ran = [tool for tool in chosen if runs[tool]]
    for tool in ran:
        print(row(tool, runs[tool], runs.get(YARDSTICK, []), files, size, findings(tool, outputs[tool])))
    for other in [tool for tool in ran if tool not in (YARDSTICK, "unmoor") and runs.get("unmoor")]:
        ratios = [slow[0] / fast[0] for slow, fast in zip(runs[other], runs["unmoor"])]
        print(f"\nunmoor is {statistics.median(ratios):.1f} times as fast as {other}")
    told = [details(tool, outputs[tool]) for tool in ran]
    versions = [version(chosen[tool][0]) for tool in ran]
    print("\n" + "; ".join([*filter(None, told), *versions]))
    if missing:
        print(f"\nNot installed and left out: {', '.join(missing)}")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("trees", nargs="+", metavar="TREE", help="directory to scan")
    parser.add_argument("--rounds", type=int, default=7, help="counted rounds [default: 7]")
    parser.add_argument("--slow-rounds", type=int, default=2, help="rounds in which slow tools take part [default: 2]")
    parser.add_argument("--slow", nargs="+", default=["semgrep"], help="which tools are slow [default: semgrep]")
    parser.add_argument("--tools", nargs="+", default=["rg", "unmoor", "ast-grep", "semgrep"], help="which tools")
    parser.add_argument("--unmoor", default=os.environ.get("UNMOOR", str(HERE.parent / "target" / "release" / "unmoor")),
                        help="the binary [default: $UNMOOR, else target/release/unmoor]")
    arguments = parser.parse_args()
    for tree in arguments.trees:
        if not os.path.isdir(tree):
            parser.error(f"{tree} is not a directory")
        with tempfile.TemporaryDirectory() as folder:
            measure(tree, arguments, folder)


if __name__ == "__main__":
    main()
