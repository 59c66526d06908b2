/** What a bench reports: one figure beside a baseline measured in the same run. */
export interface Measurement {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
  readonly baseline: number | null;
  readonly baselineName: string | null;
  /** value / baseline where more is better, baseline / value where less is: above 1 is better than the baseline. */
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

/** A duration or a size: less is better. */
export function costBeside(
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
    ratio: rounded(baseline / value),
  };
}

function rounded(value: number): number {
  return Number(value.toPrecision(4));
}
