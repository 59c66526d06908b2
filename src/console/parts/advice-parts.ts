/** Advice names the commands of the terminal; in the console each of them is the page that does the same. */

/** A piece of advice: words, or a page to go to. */
export type AdvicePart =
  | { readonly kind: 'words'; readonly words: string }
  | { readonly kind: 'place'; readonly to: AdvicePlace; readonly words: string }
  | { readonly kind: 'connection'; readonly connection: string };

export type AdvicePlace = (typeof PLACES)[keyof typeof PLACES]['to'];

const PLACES = {
  connect: { to: '/connections', words: 'Connections' },
  holds: { to: '/review', words: 'Review' },
  match: { to: '/review', words: 'Review' },
  problems: { to: '/problems', words: 'Problems' },
  diagnose: { to: '/diagnosis', words: 'Diagnosis' },
  deadletters: { to: '/dead-letters', words: 'Dead letters' },
  trace: { to: '/records', words: 'Records' },
  alerts: { to: '/alerts', words: 'Alerts' },
  plan: { to: '/syncs', words: 'Syncs' },
  apply: { to: '/syncs', words: 'Syncs' },
  schema: { to: '/syncs', words: 'Syncs' },
  reconcile: { to: '/reconciliation', words: 'Reconciliation' },
  dictionary: { to: '/dictionary', words: 'Data dictionary' },
} as const;

/** With what it is told to do there, which the page itself offers; a name stands only at the end of a sentence. */
const COMMAND =
  /`?trueup (connect|holds|match|problems|diagnose|deadletters|trace|alerts|plan, trueup apply|plan|apply|schema|reconcile|dictionary)(?: (?:take, keep or value|delete or revive|revive|release|report|add|emptied [\w-]+|([\w-]+)(?=$|[.,]| —)))?`?/g;

/** The advice in pieces, in their order; what has no page stays as it is. */
export function adviceParts(advice: string): readonly AdvicePart[] {
  const parts: AdvicePart[] = [];
  let from = 0;
  for (const found of advice.matchAll(COMMAND)) {
    const [whole, command = '', name] = found;
    if (found.index > from) parts.push({ kind: 'words', words: advice.slice(from, found.index) });
    from = found.index + whole.length;
    if (command === 'connect' && name !== undefined) parts.push({ kind: 'connection', connection: name });
    else parts.push({ kind: 'place', ...PLACES[command as keyof typeof PLACES] });
  }
  if (from < advice.length) parts.push({ kind: 'words', words: advice.slice(from) });
  return parts;
}
