import { Button, Text } from '@mantine/core';
import { useState } from 'react';

import type { Match } from '../../data/contract.ts';
import { Ago } from '../../parts/Ago.tsx';
import { Panel } from '../../parts/Panel.tsx';
import { Shown, wordsOf } from '../../parts/Shown.tsx';
import { To } from '../../parts/To.tsx';
import { Deciding } from './Deciding.tsx';
import { matchDecision, matchOptions } from './match-options.ts';
import classes from './Match.module.css';
import type { MatchDecision } from './questions.ts';

/** Two things that may be one: why, both side by side, and what a person may say of them. */
export function MatchDetail({
  match,
  onMark,
  onDecide,
}: {
  readonly match: Match;
  /** To be decided together with others. */
  readonly onMark: () => void;
  readonly onDecide: (decision: MatchDecision) => void;
}) {
  const [chosen, setChosen] = useState('');
  return (
    <Panel
      title="Are these two one?"
      about={
        <>
          {match.sync} · found <Ago at={match.foundAt} />
        </>
      }
      aside={
        <Button size="xs" variant="default" onClick={onMark}>
          Mark, to decide several at once (x)
        </Button>
      }
    >
      <Text mb="md">{match.sentence}</Text>
      <SideBySide match={match} />
      {match.kind === 'inner' && (
        <Text size="sm" mt="md">
          If they are one, merge the two records in that system; here they become one by themselves.
        </Text>
      )}
      <Deciding
        options={matchOptions(match)}
        chosen={chosen}
        onChoose={setChosen}
        onDecide={() => {
          const decision = matchDecision(chosen);
          if (decision !== null) onDecide(decision);
        }}
      />
    </Panel>
  );
}

function SideBySide({ match: { left, right, fields } }: { readonly match: Match }) {
  return (
    <div className={classes['scroll']} role="region" aria-label="Both side by side" tabIndex={0}>
      <table className={classes['fields']}>
        <thead>
          <tr>
            <th scope="col">field</th>
            {[left, right].map((thing) => (
              <th key={thing.identity} scope="col">
                <To to="/records/$identity" params={{ identity: thing.identity }}>
                  {placesOf(thing)}
                </To>
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {fields.map((field) => (
            <tr key={field.name} data-differs={wordsOf(field.left) !== wordsOf(field.right)}>
              <th scope="row">{field.name}</th>
              <td>
                <Shown value={field.left} />
              </td>
              <td>
                <Shown value={field.right} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function placesOf({ title, records }: Match['left']): string {
  const places = records.map(({ side, recordId }) => `${side} ${recordId}`);
  return places.length === 0 ? title : places.join(', ');
}
