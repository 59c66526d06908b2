/** Where in the file each value stands, and the errors that are said there. */
import { offsetInside } from './inside.ts';

/** Keys and list positions from the top of the file to a value. */
export type Path = readonly (string | number)[];

/** Something wrong in a sync file, said where it stands. Lines and columns count from 1. */
export interface FileError {
  readonly file: string;
  readonly line: number;
  readonly column: number;
  /** From the top of the file: `syncs.customers.match[0][1]`. Empty for the file as a whole. */
  readonly path: string;
  readonly message: string;
  /** What to do about it, as an instruction. */
  readonly fix?: string;
}

/** Where a value stands in the text, and how it is written there. */
export interface Spot {
  /** Null at the top of the file and in lists. */
  readonly key: Written | null;
  readonly value: Written;
}

export interface Written {
  readonly offset: number;
  /** What a scalar is after YAML: `007` is the number 7. Undefined for maps and lists. */
  readonly scalar?: string | number | boolean | null;
  /** The scalar as it was typed, when it was typed without quotes. */
  readonly plain?: string;
  /** A text as it stands in the file, quotes and line breaks included. */
  readonly raw?: string;
}

export type Part = 'key' | 'value';

/** The positions of one file. A path that is not in the file stands where its nearest ancestor stands. */
export interface Places {
  spot(path: Path): Spot | null;
  error(path: Path, part: Part, message: string, fix?: string): FileError;
  /** An error at one character of a text, which counts from the begin of the text itself. */
  errorInside(path: Path, index: number, message: string, fix?: string): FileError;
}

export interface LinePosition {
  readonly line: number;
  readonly col: number;
}

export function createPlaces(
  file: string,
  spots: ReadonlyMap<string, Spot>,
  lineAt: (offset: number) => LinePosition,
): Places {
  const spot = (path: Path): Spot | null => spots.get(spotKey(path)) ?? null;
  const errorAt = (offset: number, path: Path, message: string, fix?: string): FileError => {
    const at = lineAt(offset);
    // A file that was refused unread has no lines yet.
    const [line, column] = [Math.max(1, at.line), Math.max(1, at.col)];
    return { file, line, column, path: pathText(path), message, ...(fix === undefined ? {} : { fix }) };
  };
  return {
    spot,
    error: (path, part, message, fix) => errorAt(offsetOf(spot, path, part), path, message, fix),
    errorInside: (path, index, message, fix) => {
      const value = spot(path)?.value;
      const isText = value?.raw !== undefined && typeof value.scalar === 'string';
      const offset = isText
        ? offsetInside(value.raw, value.offset, value.scalar, index)
        : offsetOf(spot, path, 'value');
      return errorAt(offset, path, message, fix);
    },
  };
}

export function spotKey(path: Path): string {
  return JSON.stringify(path);
}

/** What is missing is shown at the key that it is missing under. */
function offsetOf(spot: (path: Path) => Spot | null, path: Path, part: Part): number {
  const own = spot(path);
  if (own !== null) return part === 'key' ? (own.key ?? own.value).offset : own.value.offset;
  return path.length === 0 ? 0 : offsetOf(spot, path.slice(0, -1), 'key');
}

function pathText(path: Path): string {
  return path.reduce<string>((text, step) => {
    if (typeof step === 'number') return `${text}[${String(step)}]`;
    return text === '' ? step : `${text}.${step}`;
  }, '');
}
