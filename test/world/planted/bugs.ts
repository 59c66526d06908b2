/** Every planted bug. The seeds that find them are in seeds.json, the table is in docs/promises.md. */
import type { PlantedBug } from './bug.ts';
import { DELIVERY_BUGS } from './delivery-bugs.ts';
import { MERGE_BUGS } from './merge-bugs.ts';
import { ORDER_BUGS } from './order-bugs.ts';
import { OUTCOME_BUGS } from './outcome-bugs.ts';
import { PEOPLE_BUGS } from './people-bugs.ts';
import { READING_BUGS } from './reading-bugs.ts';
import { RECORD_BUGS } from './record-bugs.ts';
import { REFERENCE_BUGS } from './reference-bugs.ts';

export const BUGS: readonly PlantedBug[] = [
  ...READING_BUGS,
  ...MERGE_BUGS,
  ...DELIVERY_BUGS,
  ...OUTCOME_BUGS,
  ...ORDER_BUGS,
  ...PEOPLE_BUGS,
  ...RECORD_BUGS,
  ...REFERENCE_BUGS,
];

export function bugNamed(name: string): PlantedBug | null {
  return BUGS.find((bug) => bug.name === name) ?? null;
}
