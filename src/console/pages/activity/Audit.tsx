import { Button, Group, Text } from '@mantine/core';
import { IconShieldCheck } from '@tabler/icons-react';
import { useInfiniteQuery, useMutation } from '@tanstack/react-query';

import type { Json } from '../../../lib/json.ts';
import { auditQuery } from '../../data/queries.ts';
import { get } from '../../data/request.ts';
import { Ago } from '../../parts/Ago.tsx';
import { EndlessList } from '../../parts/EndlessList.tsx';
import { Nothing } from '../../parts/Nothing.tsx';
import { counted } from '../../parts/numbers.ts';
import { wordsOf } from '../../parts/Shown.tsx';
import { Tag } from '../../parts/Tag.tsx';
import { actionWords } from './actions.ts';
import classes from './Activity.module.css';

const ROW_HEIGHT = 60;

/** What people did in Trueup: append-only, each entry chained to the one before by its hash. */
export function Audit() {
  const query = useInfiniteQuery(auditQuery);
  return (
    <>
      <Verify />
      <EndlessList
        query={query}
        label="Audit trail"
        rowHeight={ROW_HEIGHT}
        keyOf={({ number }) => String(number)}
        empty={<Nothing icon={IconShieldCheck} title="Nobody has done anything yet" />}
      >
        {(entry) => (
          <div className={classes['row']}>
            <Text size="xs" c="dimmed" w={44}>
              {entry.number}
            </Text>
            <div className={classes['words']}>
              <Text size="sm">
                <b>{entry.by}</b> {actionWords(entry.action)} {entry.subject}
              </Text>
              <Text size="xs" c="dimmed">
                {Object.entries(entry.detail)
                  .map(([name, value]) => `${name} ${wordsOf(value as Json)}`)
                  .join(', ')}
              </Text>
            </div>
            <Text size="sm" c="dimmed" component="div" className={classes['when'] ?? ''}>
              <Ago at={entry.at} />
            </Text>
          </div>
        )}
      </EndlessList>
    </>
  );
}

function Verify() {
  const verify = useMutation({ mutationFn: () => get('/audit/verification', undefined) });
  return (
    <Group gap={10} mb="md">
      <Button size="xs" variant="default" loading={verify.isPending} onClick={() => verify.mutate()}>
        Verify the chain
      </Button>
      {verify.data !== undefined && (
        <div role="status">
          {verify.data.isIntact ? (
            <Tag tone="in-sync">intact: {counted(verify.data.entries, 'entry', 'entries')}</Tag>
          ) : (
            <Tag tone="dead">broken at entry {String(verify.data.brokenAt)}</Tag>
          )}
        </div>
      )}
    </Group>
  );
}
