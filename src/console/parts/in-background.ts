/** Lets something go on that nobody waits for. What goes wrong in it is told to the browser, as any other error is. */
export function inBackground(work: Promise<unknown>): void {
  work.catch((error: unknown) => reportError(error));
}
