#!/usr/bin/env python3
"""Counts instructions where time is too noisy: a start on one small file, and scans of single files of two kinds, with the
functions that take most. Needs valgrind (callgrind) and a release build.
"""

import argparse
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
# What is counted: a name, and what a file with that ending holds.
CASES = {
    "one small file without a site": ("a.py", "x = 1\n"),
    "one Python file of 1,000 clients": ("a.py", "from openai import AzureOpenAI\n" + "AzureOpenAI(azure_endpoint='e')\n" * 1000),
    "one TypeScript file of 1,000 clients": ("a.ts", "import { AzureOpenAI } from 'openai';\n" + "new AzureOpenAI({ endpoint: 'e' });\n" * 1000),
}
TOP = 8


def counted(unmoor, folder):
    """Instructions of a scan of a folder, and its dearest functions with their shares."""
    profile = os.path.join(folder, "callgrind.out")
    command = ["valgrind", "--tool=callgrind", f"--callgrind-out-file={profile}", unmoor, "scan", "--no-config", "-q", "tree"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, stdin=subprocess.DEVNULL)
    total = re.search(r"Collected : (\d+)", done.stderr)
    if not total:
        sys.exit(f"valgrind gave no count: {done.stderr.strip().splitlines()[-1:]}")
    annotated = subprocess.run(["callgrind_annotate", profile], capture_output=True, text=True)
    rows = re.findall(r"^\s*([\d,]+) \(\s*([\d.]+)%\)\s+(?:\S*:)?(.+?)(?: \[.*)?$", annotated.stdout, re.MULTILINE)
    return int(total.group(1)), [(share, name.strip()) for _, share, name in rows if "PROGRAM TOTALS" not in name][:TOP]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--unmoor", default=os.environ.get("UNMOOR", str(ROOT / "target" / "release" / "unmoor")))
    arguments = parser.parse_args()
    print("| scan of | million instructions | dearest functions |\n|---|---|---|")
    for name, (file, text) in CASES.items():
        with tempfile.TemporaryDirectory() as folder:
            tree = Path(folder) / "tree"
            tree.mkdir()
            (tree / file).write_text(text, encoding="utf-8")
            total, top = counted(arguments.unmoor, folder)
        dearest = ", ".join(f"`{function[:60]}` {share} %" for share, function in top)
        print(f"| {name} | {total / 1e6:,.1f} | {dearest} |")


if __name__ == "__main__":
    main()
