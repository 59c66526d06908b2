/** What a diagnosis says, in the words of a person. */
import type { Finding } from '../../data/contract.ts';
import type { Tone } from '../../parts/states.ts';

export type Symptom = Finding['symptoms'][number];

/** What people complain of, in the order of how much it stops. */
export const SYMPTOMS: readonly { readonly symptom: Symptom; readonly complaint: string }[] = [
  { symptom: 'nothing', complaint: 'Nothing is syncing' },
  { symptom: 'missing', complaint: 'Records are missing' },
  { symptom: 'duplicates', complaint: 'There are duplicates' },
  { symptom: 'stale', complaint: 'What arrives is out of date' },
  { symptom: 'mismatch', complaint: 'The systems disagree' },
];

/** How heavy a finding is. */
export const WEIGHTS: Readonly<Record<Finding['weight'], { readonly tone: Tone; readonly word: string }>> = {
  stopped: { tone: 'dead', word: 'stopped' },
  partly: { tone: 'held', word: 'in part' },
  asSetUp: { tone: 'excluded', word: 'as set up' },
};
