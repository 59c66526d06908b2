/** How a connector stands in the conformance suite: what it keeps, what cannot be asked of its system, what nobody has tried. */

/** What came of the suite in each of these ways to set the system up. Every case that is not named here was kept. */
export interface ScoreSheet {
  /** `polling`, `Excel`. */
  readonly setUps: readonly string[];
  /** How many cases were kept, in each. */
  readonly held: number;
  /** By the reason, the names of the cases that it keeps from being asked. */
  readonly notApplicable: Readonly<Record<string, readonly string[]>>;
  readonly notTried: readonly string[];
}

/** Set-ups of which the same came share a sheet. Written by `npm run scores`. */
export type Score = readonly ScoreSheet[];

/** The score in numbers: how many of the promises that apply are kept, as far as anybody has seen. */
export function pointsOf(score: Score): { readonly met: number; readonly applicable: number } {
  const met = score.reduce((sum, { setUps, held }) => sum + setUps.length * held, 0);
  const notTried = score.reduce((sum, sheet) => sum + sheet.setUps.length * sheet.notTried.length, 0);
  return { met, applicable: met + notTried };
}

/** `96 of 96`. */
export function pointsText(score: Score): string {
  const { met, applicable } = pointsOf(score);
  return `${String(met)} of ${String(applicable)}`;
}

/** The sheet of one set-up; undefined where the score does not know it. */
export function sheetFor(score: Score, setUp: string): ScoreSheet | undefined {
  return score.find(({ setUps }) => setUps.includes(setUp));
}

/** The section of a README, with every case of the suite named once, and beside it only what is different. */
export function scoreMarkdown(score: Score, cases: readonly string[]): string {
  const { met, applicable } = pointsOf(score);
  const elsewhere = new Set(
    score.flatMap(({ notApplicable, notTried }) => [...Object.values(notApplicable).flat(), ...notTried]),
  );
  const sections = score.map(({ setUps, held, notApplicable, notTried }) => {
    const each = setUps.length === 1 ? '' : ' each';
    const without = Object.entries(notApplicable).map(([reason, names]) => `${quoted(names)} (${reason})`);
    return [
      `**${setUps.join('; ')}**: ${String(held)} of ${String(held + notTried.length)}${each}.`,
      ...(without.length === 0 ? [] : [`Does not apply: ${without.join('; ')}.`]),
      ...(notTried.length === 0 ? [] : [`Not tried: ${quoted(notTried)}.`]),
    ].join('\n');
  });
  const always = `Kept in every set-up: ${quoted(cases.filter((name) => !elsewhere.has(name)))}.`;
  const rest = elsewhere.size === 0 ? [] : ['What a set-up does not name is kept there too.'];
  return [
    `## Torture score: ${String(met)} of ${String(applicable)}`,
    ...sections,
    [always, ...rest].join('\n'),
  ].join('\n\n');
}

function quoted(names: readonly string[]): string {
  return names.map((name) => `\`${name}\``).join(', ');
}
