/** What an edit would have made of the past, and of what is matched by keys. */
import { List, Text } from '@mantine/core';

import type { Json } from '../../../lib/json.ts';
import type { WhatIfEdit } from '../../data/contract.ts';
import { Change } from '../../parts/Change.tsx';
import { count, counted } from '../../parts/numbers.ts';
import { exactTime } from '../../parts/time.ts';

type Keys = NonNullable<WhatIfEdit['keys']>;
type Past = NonNullable<WhatIfEdit['past']>;

/** What the edited match keys would join, and of what a person would be asked. */
export function KeyAnswer({ keys, hasPast }: { readonly keys: Keys; readonly hasPast: boolean }) {
  const { things, isWhole, linked, asked, apart, pairs, apartExamples } = keys;
  return (
    <>
      <Text size="sm" mt="sm">
        By the edited match keys, tried on {isWhole ? '' : 'the first '}
        {counted(things, 'thing')}:
      </Text>
      <List size="sm" mt={4} spacing={4}>
        <List.Item>
          {counted(linked, 'thing')} would be one with another, and of {count(asked)} a person would be asked
          because some side has both
        </List.Item>
        {pairs.map((pair) => (
          <List.Item key={pair}>{pair}</List.Item>
        ))}
        {hasPast && (
          <List.Item>{counted(apart, 'record')} linked since that day would not have been</List.Item>
        )}
        {apartExamples.map((example) => (
          <List.Item key={example}>{example}</List.Item>
        ))}
      </List>
    </>
  );
}

/** Values, conflicts and edits of the past that would have come out otherwise, and what cannot be told. */
export function PastAnswer({ past }: { readonly past: Past }) {
  const { from, entries, isWhole, differences, counts, examples, untold, rulings, rulingExamples, judged } =
    past;
  return (
    <>
      <Text size="sm" mt="sm">
        Of {counted(entries, 'entry', 'entries')} of the journal since {exactTime(from)},{' '}
        {counted(differences, 'value')} would have been others.
        {isWhole
          ? ''
          : ' The time was over before the journal was: the command `trueup what-if` reads it all.'}
      </Text>
      <List size="sm" mt={4} spacing={4}>
        {counts.map((one) => (
          <List.Item key={`${one.side} ${one.native} ${one.way}`}>{countSentence(one)}</List.Item>
        ))}
        {rulings.map((one) => (
          <List.Item key={one.field}>
            {one.field}: {rulingParts(one).join('; ')}
          </List.Item>
        ))}
        {judgedParts(judged).map((part) => (
          <List.Item key={part}>{part}</List.Item>
        ))}
        {untold.map(({ place, values }) => (
          <List.Item key={place}>
            {counted(values, 'value')} of {place} cannot be told: the journal does not hold what stood there
          </List.Item>
        ))}
      </List>
      {examples.map(({ at, side, record, native, way, was, would, reason }) => (
        <Example
          key={`${at} ${side} ${record ?? ''} ${native} ${way}`}
          where={`${exactTime(at)}, ${side} ${record ?? ''}${reason === null ? '' : `: ${reason}`}`}
          change={{ field: native, before: was as Json | undefined, after: would as Json | undefined }}
        />
      ))}
      {rulingExamples.map(({ at, record, field, was, would }) => (
        <Example
          key={`${at} ${record} ${field}`}
          where={`${exactTime(at)}, ${record}${would === undefined ? ': a person would have been asked' : ''}`}
          change={{ field, before: was, after: would }}
        />
      ))}
    </>
  );
}

function Example({
  where,
  change,
}: {
  readonly where: string;
  readonly change: Parameters<typeof Change>[0];
}) {
  return (
    <div>
      <Text size="sm" c="dimmed">
        {where}
      </Text>
      <Change {...change} />
    </div>
  );
}

function countSentence({ side, native, way, others, none, reason }: Past['counts'][number]): string {
  const parts = [
    ...(others === 0 ? [] : [`${count(others)} would have been ${way} as another value`]),
    ...(none === 0 ? [] : [`${count(none)} would not have been ${way}: ${reason ?? ''}`]),
  ];
  return `${side} ${native}: ${parts.join('; ')}`;
}

function rulingParts({
  otherWins,
  asked,
  byItself,
  refused,
  untold,
}: Past['rulings'][number]): readonly string[] {
  return [
    ...(otherWins === 0 ? [] : [`${counted(otherWins, 'conflict')} would have gone the other way`]),
    ...(asked === 0 ? [] : [`of ${count(asked)} a person would have been asked`]),
    ...(byItself === 0 ? [] : [`${count(byItself)} that a person was asked would have been decided`]),
    ...(refused === 0 ? [] : [`${counted(refused, 'edit')} would have been put back: another side owns it`]),
    ...(untold === 0 ? [] : [`${count(untold)} cannot be told: they go by what was not recorded`]),
  ];
}

const WOULD = {
  flag: 'would have been taken, and told of',
  hold: 'would have been held',
  correct: 'would have been put back',
} as const;

/** By edited rules of the data dictionary and edited conditions. */
function judgedParts({ broken, freed, leaving, untold, unseen }: Past['judged']): readonly string[] {
  return [
    ...broken.map(
      ({ side, field, onViolation, says, values, examples }) =>
        `${counted(values, 'value')} of ${side} ${field} ${WOULD[onViolation]}: ${says} (${examples.join(', ')})`,
    ),
    ...freed.map(
      ({ place, values }) => `${counted(values, 'value')} of ${place} that were held would have been taken`,
    ),
    ...leaving.map(
      ({ side, records, examples }) =>
        `${counted(records, 'record')} of ${side} would have taken no part at some time (${examples.join(', ')})`,
    ),
    ...untold.map(
      ({ what, number }) =>
        `${count(number)} ${what} cannot be told: the journal does not hold all that they go by`,
    ),
    ...unseen.map(
      (side) => `What of ${side} takes no part now is not in the journal: what would take part is told above`,
    ),
  ];
}
