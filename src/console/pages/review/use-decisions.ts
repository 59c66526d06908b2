/** Decisions wait a few seconds before they are sent, so that the last one can be taken back. */
import { notifications } from '@mantine/notifications';
import { useQueryClient } from '@tanstack/react-query';
import { useCallback, useEffect, useRef, useState } from 'react';

import { systemClock } from '../../../lib/clock.ts';
import { refresh } from '../../data/queries.ts';
import { Refusal } from '../../data/request.ts';
import { inBackground } from '../../parts/in-background.ts';
import { counted } from '../../parts/numbers.ts';
import { messagesOf, type Decision, type Message, type Question } from './questions.ts';

const UNDO_MS = 6_000;

interface Waiting {
  readonly questions: readonly Question[];
  readonly decision: Decision;
  readonly stop: AbortController;
}

export interface Decisions {
  /** Ids of questions that are decided here; the list leaves them out. */
  readonly decided: ReadonlySet<string>;
  /** The same for all of these, which are taken back together. */
  readonly decide: (questions: readonly Question[], decision: Decision) => void;
  /** Takes the newest decision back that has not been sent, and gives its first question; null when there is none. */
  readonly undo: () => Question | null;
  readonly waiting: number;
}

/** What waits when the page is left is sent at once. */
export function useDecisions(): Decisions {
  const client = useQueryClient();
  const [decided, setDecided] = useState<ReadonlySet<string>>(new Set());
  const waiting = useRef<readonly Waiting[]>([]);
  const [waits, setWaits] = useState(0);
  const drop = useCallback((one: Waiting) => {
    waiting.current = waiting.current.filter((other) => other !== one);
    setWaits(waiting.current.length);
  }, []);
  const bringBack = useCallback((questions: readonly Question[]) => {
    const ids = new Set(questions.map(({ id }) => id));
    setDecided((before) => new Set([...before].filter((id) => !ids.has(id))));
  }, []);
  const send = useCallback(
    async (one: Waiting) => {
      drop(one);
      for (const message of messagesOf(one.questions, one.decision)) {
        try {
          await message.deliver();
        } catch (error) {
          bringBack(message.questions);
          tellRefusal(message, error);
        }
      }
      await refresh(client, 'holds', 'overview', 'records', 'merges');
    },
    [bringBack, client, drop],
  );
  useEffect(() => {
    const leave = (): void => {
      for (const one of waiting.current) one.stop.abort('leave');
    };
    globalThis.addEventListener('pagehide', leave);
    return () => {
      globalThis.removeEventListener('pagehide', leave);
      leave();
    };
  }, []);
  return {
    decided,
    waiting: waits,
    decide: (questions, decision) => {
      const one = { questions, decision, stop: new AbortController() };
      waiting.current = [...waiting.current, one];
      setWaits(waiting.current.length);
      setDecided((before) => new Set([...before, ...questions.map(({ id }) => id)]));
      inBackground(
        systemClock
          .sleep(UNDO_MS, one.stop.signal)
          .then(() => (one.stop.signal.reason === 'undo' ? undefined : send(one))),
      );
    },
    undo: () => {
      const last = waiting.current.at(-1);
      if (last === undefined) return null;
      drop(last);
      last.stop.abort('undo');
      bringBack(last.questions);
      return last.questions[0] ?? null;
    },
  };
}

function tellRefusal({ questions }: Message, error: unknown): void {
  const [first, ...others] = questions;
  const title = others.length === 0 ? (first?.title ?? '') : counted(questions.length, 'pair');
  const message = error instanceof Error ? error.message : 'The decision could not be sent.';
  const wrong =
    error instanceof Refusal
      ? error.errors.map(({ path, message: why }) => placed(questions, path, why))
      : [];
  notifications.show({
    color: 'red',
    title: `${title}: not decided`,
    message: [message, ...wrong].join('\n'),
    autoClose: false,
  });
}

/** The API names a decision by its place: `decisions[2]`. */
function placed(questions: readonly Question[], path: string, why: string): string {
  const place = Number(/^decisions\[(\d+)\]$/.exec(path)?.[1] ?? -1);
  return `${questions[place]?.title ?? path}: ${why}`;
}
