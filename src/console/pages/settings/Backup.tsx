import { Code, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';

import { backupQuery } from '../../data/queries.ts';
import { Ago } from '../../parts/Ago.tsx';
import { Loaded } from '../../parts/Loaded.tsx';
import { Panel } from '../../parts/Panel.tsx';
import { Tag } from '../../parts/Tag.tsx';
import classes from './Settings.module.css';

/** When the store was last backed up and a backup last checked, and how both are done. */
export function Backup() {
  const query = useQuery(backupQuery);
  return (
    <Panel
      title="Backup"
      about="Made on the server: a backup holds every workspace, and all that the store knows of your records"
      flush
    >
      <Loaded query={query}>
        {({ made, checked }) => (
          <ul className={classes['list']}>
            <li className={classes['row']}>
              <div className={classes['words']}>
                <Text size="sm" fw={550} component="div">
                  {made === null ? (
                    <>
                      Never made here <Tag tone="pending">not backed up</Tag>
                    </>
                  ) : (
                    <>
                      Made <Ago at={made.at} /> by {made.by}
                    </>
                  )}
                </Text>
                <Text size="xs" c="dimmed">
                  {made === null
                    ? 'Whoever backs the database up with tools of their own does not show here.'
                    : `${made.file}${made.bytes === null ? '' : `, ${megabytes(made.bytes)}`}`}
                </Text>
              </div>
              <Code>trueup backup FILE</Code>
            </li>
            <li className={classes['row']}>
              <div className={classes['words']}>
                <Text size="sm" fw={550} component="div">
                  {checked === null ? (
                    <>
                      Never checked <Tag tone="pending">may not be whole</Tag>
                    </>
                  ) : (
                    <>
                      Found whole <Ago at={checked.at} /> by {checked.by}
                    </>
                  )}
                </Text>
                <Text size="xs" c="dimmed" component="div">
                  {checked === null ? (
                    'A check reads a backup to its end, and opens its secrets with the key of this installation.'
                  ) : (
                    <>
                      {checked.file}, made <Ago at={checked.madeAt} />
                    </>
                  )}
                </Text>
              </div>
              <Code>trueup backup --check FILE</Code>
            </li>
          </ul>
        )}
      </Loaded>
    </Panel>
  );
}

const MEGABYTE = 1_000_000;

function megabytes(bytes: number): string {
  return bytes < MEGABYTE ? 'less than a megabyte' : `${String(Math.round(bytes / MEGABYTE))} MB`;
}
