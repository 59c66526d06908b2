/** A description drafted from an OpenAPI document. */
import { nearestNames } from '../../../lib/nearest.ts';
import { readDescription, errorText } from '../description/read.ts';
import { collectionLines } from './collection.ts';
import { readOpenApi } from './document.ts';
import { headLines } from './head.ts';
import { resourcesOf, type Resource } from './operations.ts';

const NEAREST = 5;

export type Imported =
  | {
      readonly kind: 'ok';
      readonly yaml: string;
      /** How many things the document does not say and a person must. */
      readonly decisions: number;
      /** What keeps the draft from being used as it is. */
      readonly errors: readonly string[];
    }
  | { readonly kind: 'refused'; readonly message: string; readonly fix: string };

/** The lists that the document knows, by their paths. */
export function importableIn(text: string): readonly string[] {
  const read = readOpenApi(text);
  return read.kind === 'ok' ? resourcesOf(read.document).map(({ path }) => path) : [];
}

/** `wanted` are paths of lists, or their last steps. Never throws, whatever the text. */
export function importOpenApi(text: string, wanted: readonly string[]): Imported {
  const read = readOpenApi(text);
  if (read.kind === 'refused') return read;
  const { document } = read;
  const resources = resourcesOf(document);
  const chosen: (readonly [string, Resource])[] = [];
  for (const name of wanted) {
    const resource =
      resources.find(({ path }) => path === name) ?? resources.find(({ path }) => nameOf(path) === name);
    if (resource === undefined) return unknown(name, resources);
    chosen.push([nameOf(resource.path), resource]);
  }
  const lines = [
    ...headLines(
      document,
      chosen.map(([, resource]) => resource),
    ),
    'collections:',
    ...chosen.flatMap(([name, resource]) => collectionLines(document, name, resource)),
  ];
  const yaml = `${lines.join('\n')}\n`;
  const checked = readDescription(yaml, 'draft');
  const errors = checked.kind === 'ok' ? [] : checked.errors.map(errorText);
  return { kind: 'ok', yaml, decisions: lines.filter((one) => one.includes('# decide:')).length, errors };
}

function nameOf(path: string): string {
  return (
    path
      .split('/')
      .at(-1)
      ?.replace(/\.json$/, '') ?? path
  );
}

function unknown(name: string, resources: readonly Resource[]): Imported {
  const paths = resources.map(({ path }) => path);
  const near = nearestNames(name, paths, NEAREST).join(', ');
  return {
    kind: 'refused',
    message: `the document has no list ${name}`,
    fix: paths.length === 0 ? 'It has no path whose GET answers a list.' : `The nearest are: ${near}`,
  };
}
