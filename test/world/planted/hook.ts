/** Loaded before everything else in a child program: puts the bug named in the environment into the one file that it is about. */
import { registerHooks } from 'node:module';

import { plant } from './bug.ts';
import { bugNamed } from './bugs.ts';

/** Also known to find.ts, which must not be loaded here: it would load what the bug is planted in. */
const VARIABLE = 'TRUEUP_PLANTED_BUG';
const name = process.env[VARIABLE];
const bug = name === undefined ? null : bugNamed(name);
if (bug === null) throw new Error(`${VARIABLE} names no planted bug: ${name ?? 'it is not set'}`);
const url = new URL(`../../../${bug.file}`, import.meta.url).href;
let isPlanted = false;

registerHooks({
  load(loaded, context, nextLoad) {
    const module = nextLoad(loaded, context);
    if (loaded !== url) return module;
    isPlanted = true;
    const { source } = module;
    if (source == null) throw new Error(`${bug.name}: ${bug.file} has no source`);
    const text = typeof source === 'string' ? source : new TextDecoder().decode(source);
    return { ...module, source: plant(bug, text) };
  },
});

process.on('exit', () => {
  // A file that is never loaded would make a bug that nobody can find look like one that was not found.
  if (isPlanted) return;
  process.stderr.write(`${bug.name}: ${bug.file} was never loaded\n`);
  process.exitCode = 1;
});
