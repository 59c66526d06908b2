/** The repository as the rules see it: every file that is tracked or would be, and every TypeScript file parsed. */
import { execFileSync } from 'node:child_process';
import { lstatSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import { parseModules, type Module } from './syntax.ts';

const GIT_OUTPUT_BYTES_MAX = 64 * 1024 * 1024;

export interface Repository {
  /** Text files by path, relative to the root, with forward slashes. */
  readonly texts: ReadonlyMap<string, string>;
  /** Paths of what is not text: pictures. */
  readonly binaries: ReadonlySet<string>;
  readonly modules: readonly Module[];
}

/** Reads the working tree at `root`: tracked files and new ones alike, what git ignores left out. */
export async function readRepository(root: string): Promise<Repository> {
  const list = execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], {
    cwd: root,
    encoding: 'utf8',
    maxBuffer: GIT_OUTPUT_BYTES_MAX,
  });
  const texts = new Map<string, string>();
  const binaries = new Set<string>();
  for (const path of [...new Set(list.split('\0'))].filter((entry) => entry !== '').toSorted()) {
    // A file that was deleted but not yet staged is still listed, and a link is judged where it leads.
    if (lstatSync(join(root, path), { throwIfNoEntry: false })?.isFile() !== true) continue;
    const text = readFileSync(join(root, path), 'utf8');
    if (text.includes('\0')) binaries.add(path);
    else texts.set(path, text);
  }
  return { ...(await repositoryOf(texts)), binaries };
}

/** A repository made of the given files, all of them text. */
export async function repositoryOf(texts: ReadonlyMap<string, string>): Promise<Repository> {
  const modules = await parseModules(new Map([...texts].filter(([path]) => isModulePath(path))));
  return { texts, binaries: new Set(), modules };
}

function isModulePath(path: string): boolean {
  return /\.tsx?$/.test(path) && !path.endsWith('.d.ts') && !path.includes('/fixtures/');
}

export function isTest(path: string): boolean {
  return path.endsWith('.test.ts');
}

/** The files that ship: everything under src/ but its tests. */
export function isShipped(path: string): boolean {
  return path.startsWith('src/') && !isTest(path);
}

/** The folder under src/ that the file lives in, or null for files directly in src/ and files elsewhere. */
export function roomOf(path: string): string | null {
  const [top, room, ...rest] = path.split('/');
  return top === 'src' && room !== undefined && rest.length > 0 ? room : null;
}

/** One-based line of the character at `offset`. */
export function lineOfOffset(text: string, offset: number): number {
  return text.slice(0, offset).split('\n').length;
}
