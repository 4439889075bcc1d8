// Reads symbols as "module name", one a line, and prints those that the installed packages do not have.
import { createInterface } from "node:readline";
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";

const require = createRequire(pathToFileURL(process.argv[2] + "/"));

for await (const line of createInterface({ input: process.stdin })) {
  const [module, name] = line.split(" ");
  try {
    const found = await import(pathToFileURL(require.resolve(module)).href);
    if (!(name in found)) console.log(line);
  } catch (error) {
    console.log(`${line} (${error.code ?? error.message})`);
  }
}
