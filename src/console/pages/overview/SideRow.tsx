import { Text, Tooltip } from '@mantine/core';

import type { Side } from '../../data/contract.ts';
import { Ago, Until } from '../../parts/Ago.tsx';
import { Balance } from '../../parts/Balance.tsx';
import { count } from '../../parts/numbers.ts';
import { To } from '../../parts/To.tsx';
import { owedSentence } from './owed.ts';
import classes from './SideRow.module.css';

/** One side: its balance, up to when it has been seen, and what is still to be written there. */
export function SideRow({ sync, side }: { readonly sync: string; readonly side: Side }) {
  return (
    <li className={classes['side']}>
      <div className={classes['name']}>
        <To to="/records" search={{ sync, side: side.name }}>
          <b>{side.name}</b>
        </To>
        <Text size="xs" c="dimmed" truncate>
          {side.system} · {side.collection}
        </Text>
      </div>
      {side.counts === null ? (
        <Text size="sm" c="dimmed">
          being counted
        </Text>
      ) : (
        <Balance sync={sync} side={side.name} counts={side.counts} />
      )}
      <div className={classes['fact']}>
        <Text size="xs" c="dimmed">
          Seen up to
        </Text>
        <Text size="sm" component="div">
          <Ago at={side.currentAsOf} never="not yet" />
        </Text>
        {side.failure !== null && side.nextTryAt !== null && (
          <Tooltip label={side.failure.message}>
            <Text size="xs" c="dimmed" w="fit-content">
              cannot be read, next try <Until at={side.nextTryAt} />
            </Text>
          </Tooltip>
        )}
      </div>
      <div className={classes['fact']}>
        <Text size="xs" c="dimmed">
          To be written here
        </Text>
        <Tooltip label="Writes that other sides' changes have caused here">
          <Text size="sm" w="fit-content">
            {owedSentence(side.owed)}
          </Text>
        </Tooltip>
        {side.waits > 0 && (
          <Tooltip label="They name a record that is not there yet; the reason stands on the page of each">
            <Text size="xs" c="dimmed" w="fit-content">
              {count(side.waits)} {side.waits === 1 ? 'waits' : 'wait'} for another record
            </Text>
          </Tooltip>
        )}
      </div>
    </li>
  );
}
