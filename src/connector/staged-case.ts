/** One case of a suite that several implementations are put through; throws when it does not hold. */
export interface StagedCase {
  readonly title: string;
  readonly run: () => Promise<void>;
}

/** Makes cases that are each played on a stage of their own, which is closed whatever comes of it. */
export function casesOn<Stage extends { close(): Promise<void> }>(
  openStage: () => Promise<Stage>,
): (title: string, check: (stage: Stage) => Promise<void>) => StagedCase {
  return (title, check) => ({
    title,
    run: async () => {
      const stage = await openStage();
      try {
        await check(stage);
      } finally {
        await stage.close();
      }
    },
  });
}
