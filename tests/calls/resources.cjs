// Prints the methods of the openai SDK's client below the folder that is named, one a line: `chat.completions.create`.
const { OpenAI } = require(`${process.argv[2]}/node_modules/openai`);

function walk(resource, prefix, depth) {
  for (let kind = Object.getPrototypeOf(resource); kind.constructor.name !== 'APIResource' && kind !== Object.prototype; kind = Object.getPrototypeOf(kind)) {
    for (const name of Object.getOwnPropertyNames(kind)) {
      if (prefix && name !== 'constructor' && !name.startsWith('_') && typeof kind[name] === 'function') {
        console.log(prefix + name);
      }
    }
  }
  for (const [name, part] of Object.entries(resource)) {
    if (depth < 8 && !name.startsWith('_') && part && typeof part === 'object' && '_client' in part) {
      walk(part, `${prefix}${name}.`, depth + 1);
    }
  }
}

walk(new OpenAI({ apiKey: 'none' }), '', 0);
