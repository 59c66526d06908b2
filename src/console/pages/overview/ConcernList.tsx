import { Text } from '@mantine/core';

import { Advice } from '../../parts/Advice.tsx';
import { Panel } from '../../parts/Panel.tsx';
import { Tag } from '../../parts/Tag.tsx';
import { ToButton } from '../../parts/To.tsx';
import classes from './ConcernList.module.css';
import type { Concern } from './concerns.ts';

/** What needs a person, each with the way to it. */
export function ConcernList({ concerns }: { readonly concerns: readonly Concern[] }) {
  return (
    <Panel title="Needs a person" flush aside={<ToButton to="/diagnosis">Diagnose</ToButton>}>
      <ul className={classes['list']}>
        {concerns.map((concern) => (
          <li key={concern.key} className={classes['concern']}>
            <div className={classes['tag']}>
              <Tag tone={concern.tone}>{concern.tone === 'dead' ? 'stopped' : 'waiting'}</Tag>
            </div>
            <div className={classes['words']}>
              <Text size="sm">{concern.sentence}</Text>
              {concern.advice !== null && (
                <Text size="sm" c="dimmed" component="div">
                  <Advice advice={concern.advice} />
                </Text>
              )}
            </div>
            <Way place={concern.place} />
          </li>
        ))}
      </ul>
    </Panel>
  );
}

function Way({ place }: { readonly place: Concern['place'] }) {
  switch (place.to) {
    case '/connections/$connection':
      return (
        <ToButton to={place.to} params={{ connection: place.connection }}>
          {place.label}
        </ToButton>
      );
    case '/syncs/$sync':
      return (
        <ToButton to={place.to} params={{ sync: place.sync }}>
          {place.label}
        </ToButton>
      );
    case '/problems':
    case '/review':
      return <ToButton to={place.to}>{place.label}</ToButton>;
  }
}
