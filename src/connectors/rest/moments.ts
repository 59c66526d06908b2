/** Moments as systems spell them. */
import type { Json } from '../../lib/json.ts';
import type { Format } from './description/lists.ts';

const SECOND_MS = 1_000;

/** As the system wants it in a request. */
export function momentOut(atMs: number, format: Format): string | number {
  switch (format) {
    case 'iso':
      return new Date(atMs).toISOString();
    case 'iso_seconds':
      return new Date(atMs).toISOString().replace(/\.\d+Z$/, 'Z');
    case 'iso_plain':
      return new Date(atMs).toISOString().replace(/\.\d+Z$/, '');
    case 'epoch_ms':
      return atMs;
    case 'epoch_s':
      return Math.floor(atMs / SECOND_MS);
  }
}

/** In milliseconds; null where it is no moment. A text without a zone is in UTC. */
export function momentIn(value: Json | undefined, format: Format): number | null {
  if (format === 'epoch_ms' || format === 'epoch_s') {
    const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
    if (typeof number !== 'number' || !Number.isFinite(number)) return null;
    return Math.floor(format === 'epoch_s' ? number * SECOND_MS : number);
  }
  if (typeof value !== 'string') return null;
  const zoned = /(?:Z|[+-]\d{2}:?\d{2})$/i.test(value) || !value.includes(':') ? value : `${value}Z`;
  const atMs = Date.parse(zoned.replace(/^(\d{4}-\d{2}-\d{2}) /, '$1T'));
  return Number.isNaN(atMs) ? null : atMs;
}
