/** How a connector stands in the conformance suite: what it keeps, what cannot be asked of its system, what nobody has tried. */

/** What came of the suite against one way to set the system up. Every case that is not named here was kept. */
export interface ScoreSheet {
  /** How many cases were kept. */
  readonly held: number;
  /** By the case's name, with the reason. */
  readonly notApplicable: Readonly<Record<string, string>>;
  readonly notTried: readonly string[];
}

/** One sheet for each set-up that the suite runs against: `polling`, `Excel`. Written by `npm run scores`. */
export type Score = Readonly<Record<string, ScoreSheet>>;

/** The score in numbers: how many of the promises that apply are kept, as far as anybody has seen. */
export function pointsOf(score: Score): { readonly met: number; readonly applicable: number } {
  const sheets = Object.values(score);
  const met = sheets.reduce((sum, { held }) => sum + held, 0);
  const notTried = sheets.reduce((sum, sheet) => sum + sheet.notTried.length, 0);
  return { met, applicable: met + notTried };
}

/** `96 of 96`. */
export function pointsText(score: Score): string {
  const { met, applicable } = pointsOf(score);
  return `${String(met)} of ${String(applicable)}`;
}

/** The section of a README, with every case of the suite named. */
export function scoreMarkdown(score: Score, cases: readonly string[]): string {
  const { met, applicable } = pointsOf(score);
  const sections = Object.entries(score).map(([name, { held, notApplicable, notTried }]) => {
    const kept = cases.filter((one) => !(one in notApplicable) && !notTried.includes(one));
    const without = Object.entries(notApplicable).map(([one, reason]) => `\`${one}\` (${reason})`);
    return [
      `**${name}**: ${String(held)} of ${String(held + notTried.length)}.`,
      `Kept: ${kept.map((one) => `\`${one}\``).join(', ')}.`,
      ...(without.length === 0 ? [] : [`Does not apply: ${without.join('; ')}.`]),
      ...(notTried.length === 0 ? [] : [`Not tried: ${notTried.map((one) => `\`${one}\``).join(', ')}.`]),
    ].join('\n');
  });
  return [`## Torture score: ${String(met)} of ${String(applicable)}`, ...sections].join('\n\n');
}
