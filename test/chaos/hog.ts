/** Fills the heap of its process, which goes on working meanwhile, until V8 finds no more memory and ends it. */

/** Little beside a heap, so that memory is short for many turns, and the end meets whoever needs more next: mostly the work. */
const STEP_OBJECTS = 1_500;
const TURN_MS = 4;

export function fillHeap(): void {
  const retained: (readonly object[])[] = [];
  setInterval(() => {
    const turn = String(retained.length);
    retained.push(Array.from({ length: STEP_OBJECTS }, (_, at) => ({ at, text: `${turn}-${String(at)}` })));
  }, TURN_MS);
}
