#!/usr/bin/env python3
"""Builds the trees that the benches run on: public packages in pinned versions, checked by their hashes and unpacked.

`corpora.json` says which: `small` (a few packages), `dense` (applications and frameworks that use models), `sparse`
(packages that have nothing to do with them) and `more`. Each is a folder below TREES; TREES as a whole is the large tree.
Needs pip and npm for the downloads, which are kept beside the trees and not fetched twice.
"""

import argparse
import hashlib
import json
import os
import shutil
import subprocess
import sys
import tarfile
import zipfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

PINS = Path(__file__).resolve().parent / "corpora.json"
# One kind of wheel, so that every machine unpacks the same files.
WHEELS = ["--only-binary=:all:", "--python-version", "3.11", "--implementation", "cp", "--abi", "cp311", "--abi", "abi3",
          "--abi", "none"]
PLATFORMS = ["any", "manylinux_2_28_x86_64", "manylinux_2_27_x86_64", "manylinux_2_17_x86_64", "manylinux2014_x86_64"]
# What a scan could read; libraries, images and data would only fill the disk.
KEPT = (".py", ".pyi", ".js", ".jsx", ".mjs", ".cjs", ".ts", ".tsx", ".mts", ".cts", ".ipynb", ".vue", ".svelte", ".html",
        ".json", ".yaml", ".yml", ".toml", ".cfg", ".ini", ".txt", ".in", ".md", ".sh", ".env", ".tf", ".bicep")


def fetched(downloads, registry, name, version):
    """The archive of a package, downloaded if it is not there yet. The version may be None: the newest one."""
    folder = downloads / registry / f"{name.replace('/', '__')}@{version or 'newest'}"
    folder.mkdir(parents=True, exist_ok=True)
    there = next((path for path in folder.iterdir()), None)
    if there:
        return there
    if registry == "pypi":
        wanted = f"{name}=={version}" if version else name
        platforms = [word for platform in PLATFORMS for word in ("--platform", platform)]
        command = [sys.executable, "-m", "pip", "download", "-q", "--no-deps", "--disable-pip-version-check", *WHEELS,
                   *platforms, "-d", str(folder), wanted]
    else:
        command = ["npm", "pack", "--silent", f"{name}@{version or 'latest'}"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, stdin=subprocess.DEVNULL)
    if done.returncode != 0:
        last = (done.stderr.strip().splitlines() or ["no reason given"])[-1]
        raise RuntimeError(f"{registry} {name} {version or ''}: {last}")
    return next(folder.iterdir())


def members(archive):
    """The files of an archive that are kept: their path and what opens them."""
    if archive.suffix == ".whl":
        wheel = zipfile.ZipFile(archive)
        for entry in wheel.infolist():
            if not entry.is_dir():
                yield entry.filename, lambda entry=entry: wheel.open(entry)
    else:
        bundle = tarfile.open(archive)
        for entry in bundle.getmembers():
            if entry.isfile():
                yield entry.name.partition("/")[2], lambda entry=entry: bundle.extractfile(entry)


def unpack(archive, folder):
    """Unpacks what is kept of an archive into a folder. What an archive would put elsewhere is left out."""
    if folder.exists():
        return
    unfinished = folder.with_name(folder.name + ".unfinished")
    shutil.rmtree(unfinished, ignore_errors=True)
    for name, opened in members(archive):
        path = unfinished / name
        if not name.lower().endswith(KEPT) or ".." in Path(name).parts or os.path.isabs(name):
            continue
        path.parent.mkdir(parents=True, exist_ok=True)
        with opened() as source, open(path, "wb") as target:
            shutil.copyfileobj(source, target)
    unfinished.mkdir(parents=True, exist_ok=True)
    unfinished.rename(folder)


def version_of(archive, registry, name):
    """The version that an archive's name tells."""
    if registry == "pypi":
        return archive.name.split("-")[1]
    return archive.name[len(name.replace("@", "").replace("/", "-")) + 1:-len(".tgz")]


def one(place, registry, name, pin, pinning):
    """Fetches and unpacks a package: (name, its pin)."""
    corpus, folder = place
    archive = fetched(folder / "downloads", registry, name, None if pinning else pin["version"])
    digest = hashlib.sha256(archive.read_bytes()).hexdigest()
    if pinning:
        pin = {"version": version_of(archive, registry, name), "sha256": digest}
    if digest != pin["sha256"]:
        raise RuntimeError(f"{registry} {name} {pin['version']}: {archive} is not what was pinned; delete it and try again")
    unpack(archive, folder / "trees" / corpus / registry / f"{name.replace('/', '__')}-{pin['version']}")
    return name, pin


def build(folder, corpora, pinning):
    """Builds corpora and gives back their pins; ends with a message when a package cannot be had."""
    failures = []

    def attempt(job):
        try:
            return job[0], one(*job[1:], pinning)
        except (RuntimeError, OSError, zipfile.BadZipFile, tarfile.TarError) as error:
            failures.append(str(error))
            return None

    jobs = [((corpus, registry), (corpus, folder), registry, name, pin)
            for corpus, registries in corpora.items()
            for registry, packages in registries.items()
            for name, pin in packages.items()]
    with ThreadPoolExecutor(4) as pool:
        results = [result for result in pool.map(attempt, jobs) if result]
    for (corpus, registry), (name, pin) in results:
        corpora[corpus][registry][name] = pin
    for failure in failures:
        print(failure, file=sys.stderr)
    return not failures


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path, help="where downloads and trees go")
    parser.add_argument("corpora", nargs="*", help="which ones [default: all]")
    parser.add_argument("--pin", action="store_true", help="take the newest versions and write them into corpora.json")
    arguments = parser.parse_args()
    pins = json.loads(PINS.read_text(encoding="utf-8"))
    unknown = [name for name in arguments.corpora if name not in pins]
    if unknown:
        parser.error(f"no corpus {', '.join(unknown)}; there are {', '.join(pins)}")
    chosen = {name: pins[name] for name in arguments.corpora or pins}
    whole = build(arguments.folder, chosen, arguments.pin)
    if arguments.pin:
        PINS.write_text(json.dumps(pins, indent=1, sort_keys=True) + "\n", encoding="utf-8")
    # Archives bring ignore rules of their own, and a repository around the trees would, too.
    for corpus in chosen:
        for path in (arguments.folder / "trees" / corpus).rglob(".gitignore"):
            path.unlink()
    if not whole:
        sys.exit(1)


if __name__ == "__main__":
    main()
