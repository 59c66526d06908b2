import { systemClock } from '../../src/lib/clock.ts';

const LOOK_EVERY_MS = 20;
/** Far more than any machine needs, and less than a test may take. */
const WAIT_MS_MAX = 100_000;

/** Resolves as soon as it is so; `tell` gives what the error says of how things are when it never comes to be. */
export async function until(
  isSo: (look: number) => boolean | Promise<boolean>,
  tell: () => string = () => '',
): Promise<void> {
  const beganMs = systemClock.monotonicMs();
  for (let look = 0; !(await isSo(look)); look += 1) {
    if (systemClock.monotonicMs() - beganMs > WAIT_MS_MAX) throw new Error(`it never came to be ${tell()}`);
    await systemClock.sleep(LOOK_EVERY_MS);
  }
}
