/** The only source of time and of waiting. Production reads the machine, simulation a virtual clock. */
export interface Clock {
  /** Milliseconds since the Unix epoch. May step backwards when the machine's clock is corrected. */
  nowMs(): number;
  /** Milliseconds since an arbitrary start; never steps backwards. For measuring how long something took. */
  monotonicMs(): number;
  /** Resolves after `delayMs`, or at once when `signal` aborts; never rejects. */
  sleep(delayMs: number, signal?: AbortSignal): Promise<void>;
}

export const systemClock: Clock = {
  nowMs: () => Date.now(),
  monotonicMs: () => performance.now(),
  sleep: (delayMs, signal) =>
    new Promise((resolve) => {
      if (signal?.aborted === true) {
        resolve();
        return;
      }
      const finish = (): void => {
        clearTimeout(timer);
        signal?.removeEventListener('abort', finish);
        resolve();
      };
      const timer = setTimeout(finish, delayMs);
      signal?.addEventListener('abort', finish, { once: true });
    }),
};
