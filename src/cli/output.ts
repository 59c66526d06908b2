/** Where a command speaks: lines for people on stdout, one JSON document with `--json`, progress and logs on stderr. */
import type { Writable } from 'node:stream';

import type { Clock } from '../lib/clock.ts';

export interface Output {
  readonly isJson: boolean;
  /** Somebody watches: what is told appears on a screen. */
  readonly isTerminal: boolean;
  /** A line for people; nothing with `--json`. */
  line(text?: string): void;
  table(head: readonly string[], rows: readonly (readonly string[])[]): void;
  /** The command's result for programs; nothing without `--json`. */
  json(result: unknown): void;
  /** Long work: how much of what, with the rate and, when the total is known, the time left. */
  progress(label: string, done: number, total: number | null): void;
  /** Ends the progress line. */
  progressDone(): void;
  error(message: string): void;
}

const PROGRESS_EVERY_MS = 500;
/** Work that is over before this needs no progress. */
const PROGRESS_AFTER_MS = 1_000;

interface Started {
  readonly label: string;
  readonly atMs: number;
  lastMs: number;
}

export function createOutput(
  stdout: Writable,
  stderr: Writable,
  clock: Clock,
  options: { readonly isJson: boolean; readonly isTerminal: boolean },
): Output {
  let started: Started | null = null;
  const line = (text = ''): void => {
    if (!options.isJson) stdout.write(`${text}\n`);
  };
  return {
    isJson: options.isJson,
    isTerminal: options.isTerminal,
    line,
    table: (head, rows) => {
      for (const row of tableLines(head, rows)) line(row);
    },
    json: (result) => {
      if (options.isJson) stdout.write(`${JSON.stringify(result)}\n`);
    },
    progress: (label, done, total) => {
      const nowMs = clock.monotonicMs();
      if (started?.label !== label) started = { label, atMs: nowMs, lastMs: 0 };
      if (nowMs - started.atMs < PROGRESS_AFTER_MS || nowMs - started.lastMs < PROGRESS_EVERY_MS) return;
      started.lastMs = nowMs;
      const text = progressText(label, done, total, (nowMs - started.atMs) / 1_000);
      if (!options.isJson) stderr.write(options.isTerminal ? `\r\u001B[K${text}` : `${text}\n`);
    },
    progressDone: () => {
      if (started !== null && started.lastMs > 0 && options.isTerminal && !options.isJson)
        stderr.write('\r\u001B[K');
      started = null;
    },
    error: (message) => {
      stderr.write(`${message}\n`);
    },
  };
}

function progressText(label: string, done: number, total: number | null, elapsedS: number): string {
  const rate = elapsedS > 0 ? done / elapsedS : 0;
  const share = total === null || total < done ? '' : ` of ${count(total)}`;
  const leftS = total === null || rate === 0 || total < done ? null : (total - done) / rate;
  const left = leftS === null || elapsedS < 1 ? '' : `, about ${duration(leftS * 1_000)} left`;
  return `${label}: ${count(done)}${share}, ${count(Math.round(rate))}/s${left}`;
}

function tableLines(head: readonly string[], rows: readonly (readonly string[])[]): readonly string[] {
  const widths = head.map((title, column) =>
    Math.max(title.length, ...rows.map((row) => row[column]?.length ?? 0)),
  );
  const isNumber = head.map(
    (_, column) => rows.length > 0 && rows.every((row) => /^[\d,.%–-]*$/.test(row[column] ?? '')),
  );
  return [head, ...rows].map((row) =>
    row
      .map((cell, column) =>
        isNumber[column] === true ? cell.padStart(widths[column] ?? 0) : cell.padEnd(widths[column] ?? 0),
      )
      .join('  ')
      .trimEnd(),
  );
}

export function count(number: number): string {
  return number.toLocaleString('en-US');
}

export function duration(ms: number): string {
  if (ms < 1_000) return `${String(Math.round(ms))} ms`;
  const seconds = Math.round(ms / 1_000);
  if (seconds < 120) return `${String(seconds)} s`;
  if (seconds < 7_200) return `${String(Math.round(seconds / 60))} min`;
  return seconds < 172_800
    ? `${String(Math.round(seconds / 3_600))} h`
    : `${String(Math.round(seconds / 86_400))} days`;
}

const UNITS_MS: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** What `10m` and its like mean; null for anything else, and for nothing. */
export function spanMs(given: string): number | null {
  const [, number = '', unit = ''] = /^(\d{1,6})([smhd])$/.exec(given) ?? [];
  const ms = Number(number) * (UNITS_MS[unit] ?? 0);
  return ms > 0 ? ms : null;
}

export function instant(ms: number | null): string {
  return ms === null ? 'never' : new Date(ms).toISOString().replace('T', ' ').slice(0, 19);
}
