// Reads symbols as "module name", one a line, and prints those that the installed packages do not have: neither as a
// value nor, for types, as an exported name of their declarations.
import { readFileSync, readdirSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { pathToFileURL } from "node:url";

const folder = process.argv[2];
const require = createRequire(pathToFileURL(folder + "/"));

function declares(module, name) {
  const root = join(folder, "node_modules", module);
  const files = readdirSync(root, { recursive: true }).filter((file) => /\.d\.[cm]?ts$/.test(file));
  const declaration = new RegExp(`\\b(interface|type|class) ${name}\\b|\\btype ${name}[,\\s}]`);
  return files.some((file) => declaration.test(readFileSync(join(root, file), "utf8")));
}

for await (const line of createInterface({ input: process.stdin })) {
  const [module, name] = line.split(" ");
  try {
    const found = await import(pathToFileURL(require.resolve(module)).href);
    if (!(name in found) && !declares(module, name)) console.log(line);
  } catch (error) {
    console.log(`${line} (${error.code ?? error.message})`);
  }
}
