import { useDeed } from '../../data/use-deed.ts';

/** Does something about a dead letter, says that it was done, and shows what has become of it. */
export function useLetterAction<Given>(act: (given: Given) => Promise<unknown>, done: string) {
  return useDeed({
    send: act,
    done: () => ({ title: done, message: 'What still fails comes back here.' }),
    notDone: 'Nothing was done',
    stale: ['dead-letters', 'problems', 'overview', 'records'],
  });
}
