/** The description of a connection: its text, read and checked once it is opened. */
import { readFile, realpath, stat } from 'node:fs/promises';
import { basename, join, relative, resolve, sep } from 'node:path';

import { required, type Reader } from '../../connector/settings.ts';
import { errorText, readDescription } from './description/read.ts';
import type { Description } from './description/shape.ts';
import { refuse } from './failures.ts';

const SHIPPED = join(import.meta.dirname, 'descriptions');
const BYTES_MAX = 1_048_576;
const ERRORS_SHOWN_MAX = 5;

/**
 * The description that the setting names: a file in the folder of the sync file, or one that comes with Trueup. A wrong
 * one ⇒ failure `config` that says where and how to mend it.
 */
export async function loadDescription(reader: Reader, baseDirectory: string): Promise<Description> {
  const name = required(reader, 'description');
  const isShipped = /^[a-z][a-z0-9-]*$/.test(name);
  const path = isShipped ? join(SHIPPED, `${name}.yaml`) : await inside(reader, baseDirectory, name);
  const text = await textOf(reader, path);
  const read = readDescription(text, basename(path));
  if (read.kind === 'ok') return read.description;
  const shown = read.errors.slice(0, ERRORS_SHOWN_MAX).map(errorText).join(' — ');
  const more = read.errors.length - ERRORS_SHOWN_MAX;
  const rest = more > 0 ? ` — and ${String(more)} more` : '';
  throw refuse('bad_description', `${shown}${rest}`, 'description');
}

/** Settings can be written by people who may not read this machine's files, and messages quote what is wrong in one. */
async function inside({ wrong }: Reader, baseDirectory: string, name: string): Promise<string> {
  if (!/\.ya?ml$/.test(name))
    throw wrong('description', 'must name a file that ends in .yaml, or one that comes with Trueup');
  try {
    const [base, path] = await Promise.all([realpath(baseDirectory), realpath(resolve(baseDirectory, name))]);
    const way = relative(base, path);
    if (way !== '..' && !way.startsWith(`..${sep}`) && resolve(base, way) === path) return path;
  } catch {
    throw wrong('description', `names ${name}, which cannot be found in the folder of the sync file`);
  }
  throw wrong('description', 'must name a file in the folder of the sync file');
}

async function textOf({ wrong }: Reader, path: string): Promise<string> {
  try {
    const { size } = await stat(path);
    if (size <= BYTES_MAX) return await readFile(path, 'utf8');
  } catch {
    throw wrong('description', `names ${basename(path)}, which cannot be read`);
  }
  throw wrong('description', `names ${basename(path)}, which has more than ${String(BYTES_MAX)} bytes`);
}
