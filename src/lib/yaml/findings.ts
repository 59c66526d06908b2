import type { FileError, Part, Path, Places } from './places.ts';

/** Collects every error of a file, so that one look at the list is enough to mend it. */
export class Findings {
  readonly places: Places;
  readonly #found: { readonly path: Path; readonly error: FileError }[] = [];

  readonly #earlier: readonly FileError[];

  constructor(places: Places, earlier: readonly FileError[] = []) {
    this.places = places;
    this.#earlier = earlier;
  }

  /** The key is at fault: unknown, out of place, missing under it. */
  atKey(path: Path, message: string, fix?: string): void {
    this.#add(path, 'key', message, fix);
  }

  atValue(path: Path, message: string, fix?: string): void {
    this.#add(path, 'value', message, fix);
  }

  /** One sign of a text is at fault: `index` counts from its begin, after YAML. */
  inText(path: Path, index: number, message: string, fix?: string): void {
    this.#found.push({ path, error: this.places.errorInside(path, index, message, fix) });
  }

  /** Whether anything is wrong at the path or below it: what follows from it need not be said as well. */
  under(path: Path): boolean {
    return this.#found.some(({ path: other }) => path.every((step, index) => other[index] === step));
  }

  /** In the order of the file. */
  get errors(): readonly FileError[] {
    return [...this.#earlier, ...this.#found.map(({ error }) => error)].toSorted(
      (left, right) => left.line - right.line || left.column - right.column,
    );
  }

  #add(path: Path, part: Part, message: string, fix: string | undefined): void {
    this.#found.push({ path, error: this.places.error(path, part, message, fix) });
  }
}
