/** Loaded before everything else in a child program: puts the bug named in the environment into the files that it is about. */
import { registerHooks } from 'node:module';

import { filesOf, plant } from './bug.ts';
import { bugNamed } from './bugs.ts';

/** Also known to find.ts, which must not be loaded here: it would load what the bug is planted in. */
const VARIABLE = 'TRUEUP_PLANTED_BUG';
const name = process.env[VARIABLE];
const bug = name === undefined ? null : bugNamed(name);
if (bug === null) throw new Error(`${VARIABLE} names no planted bug: ${name ?? 'it is not set'}`);
const waiting = new Map(
  filesOf(bug).map((file) => [new URL(`../../../${file}`, import.meta.url).href, file]),
);

registerHooks({
  load(loaded, context, nextLoad) {
    const module = nextLoad(loaded, context);
    const file = waiting.get(loaded);
    if (file === undefined) return module;
    waiting.delete(loaded);
    const { source } = module;
    if (source == null) throw new Error(`${bug.name}: ${file} has no source`);
    const text = typeof source === 'string' ? source : new TextDecoder().decode(source);
    return { ...module, source: plant(bug, file, text) };
  },
});

process.on('exit', () => {
  // A file that is never loaded would make a bug that nobody can find look like one that was not found.
  if (waiting.size === 0) return;
  process.stderr.write(`${bug.name}: ${[...waiting.values()].join(', ')} was never loaded\n`);
  process.exitCode = 1;
});
