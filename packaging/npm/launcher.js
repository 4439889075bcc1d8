#!/usr/bin/env node
// Runs the program of this system, which came as an optional dependency, and ends as it ends.
"use strict";

const { spawnSync } = require("node:child_process");

const system = `${process.platform}-${process.arch}`;
const name = process.platform === "win32" ? "unmoor.exe" : "unmoor";

let program;
try {
  program = require.resolve(`@unmoor/${system}/bin/${name}`);
} catch {
  console.error(
    `unmoor: there is no program for ${system} here.\n` +
      "If packages were installed with --omit=optional, install them without it. For other systems, " +
      "`cargo install unmoor` builds the program.",
  );
  process.exit(2);
}

const done = spawnSync(program, process.argv.slice(2), { stdio: "inherit" });
if (done.error) {
  console.error(`unmoor: ${program} cannot be run: ${done.error.message}`);
  process.exit(2);
}
if (done.signal) {
  process.kill(process.pid, done.signal);
}
process.exit(done.status ?? 2);
