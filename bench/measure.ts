/** What a bench reports: one figure beside a baseline measured in the same run. */
export interface Measurement {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
  readonly baseline: number | null;
  readonly baselineName: string | null;
  /** value / baseline. */
  readonly ratio: number | null;
}

export function measured(name: string, value: number, unit: string): Measurement {
  return { name, value: rounded(value), unit, baseline: null, baselineName: null, ratio: null };
}

/** A rate: more is better. */
export function rateBeside(
  name: string,
  value: number,
  unit: string,
  baseline: number,
  baselineName: string,
): Measurement {
  return {
    name,
    value: rounded(value),
    unit,
    baseline: rounded(baseline),
    baselineName,
    ratio: rounded(value / baseline),
  };
}

/** A time in seconds: less is better. */
export function timeBeside(name: string, s: number, baselineS: number, baselineName: string): Measurement {
  return rateBeside(name, s, 's', baselineS, baselineName);
}

function rounded(value: number): number {
  return Number(value.toPrecision(4));
}

const MEGABYTE = 2 ** 20;
const MEMORY_EVERY_MS = 50;

/** Watches this program's memory; the returned function stops and gives the peak in megabytes. */
export function startMemoryWatch(): () => number {
  let peak = 0;
  const timer = setInterval(() => {
    peak = Math.max(peak, process.memoryUsage.rss());
  }, MEMORY_EVERY_MS);
  return () => {
    clearInterval(timer);
    return peak / MEGABYTE;
  };
}
