/** A worker that runs out of memory: it is told to fill its heap, and must end as V8 ends a process that finds no more. */
import { readFile, stat } from 'node:fs/promises';

import { RUN_SHORT } from './child.ts';
import type { Child } from './processes.ts';

/** What V8 says before it aborts; an abort alone may be a bug of Node. */
const LAST_WORDS = 'JavaScript heap out of memory';

/**
 * Resolves with what was wrong with its end, or with null. A worker that has not ended in time is killed, and that is wrong as well:
 * either the fault was not tried, or a worker can neither work nor end, and nobody would start another.
 */
export async function exhaust(child: Child, logFile: string, timeoutMs: number): Promise<string | null> {
  const { size } = await stat(logFile);
  child.signal(RUN_SHORT);
  const how = await child.endedWithin(timeoutMs);
  if (how === null) {
    child.signal('SIGKILL');
    await child.ended;
    return `${child.name} filled its memory and did not end in ${String(timeoutMs)} ms`;
  }
  const words = (await readFile(logFile)).subarray(size).toString('utf8');
  if (how === 'null SIGABRT' && words.includes(LAST_WORDS)) return null;
  return `${child.name} filled its memory and ended otherwise: ${how}`;
}
