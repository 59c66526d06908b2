import { List, Text } from '@mantine/core';
import { IconArrowNarrowRight } from '@tabler/icons-react';

import type { Json } from '../../../lib/json.ts';
import type { MappingTrial } from '../../data/contract.ts';
import { count, counted } from '../../parts/numbers.ts';
import { Shown } from '../../parts/Shown.tsx';
import { To } from '../../parts/To.tsx';
import type { MappingPlace } from './mapping-draft.ts';
import classes from './MappingEditor.module.css';

/** What a mapping would be: its sentence, its proof or what speaks against it, and real records on their way through it. */
export function TriedMapping({
  trial: { source, sentence, errors, proof, examples },
  place,
  isOut,
}: {
  readonly trial: MappingTrial;
  readonly place: MappingPlace;
  /** The field is to be left out at this side. */
  readonly isOut: boolean;
}) {
  if (source === null)
    return (
      <Text size="sm">
        This cannot be said here alone: an anchor of the file shares it, or it is the only field of the side.
        Change it in <To to="/syncs/file">the sync file</To>.
      </Text>
    );
  if (errors.length > 0)
    return (
      <List size="sm" spacing={4} icon="✕">
        {errors.map(({ line, column, path, message, fix }) => (
          <List.Item key={`${String(line)} ${String(column)} ${path} ${message}`}>
            {isHere(path, place) ? '' : `${path}: `}
            {message}. {fix !== null && <span className={classes['fix']}>{fix}</span>}
          </List.Item>
        ))}
      </List>
    );
  if (isOut)
    return (
      <Text size="sm">
        {place.field} is then neither read nor written at {place.side}. What stands there stays.
      </Text>
    );
  return (
    <>
      <Text size="sm">{sentence}</Text>
      {proof !== null && (
        <Text size="sm" className={classes['proof']}>
          ✓ What is written reads back as what was meant: tried with {count(proof.generated)} made-up values
          {proof.records > 0 && `, and with ${counted(proof.records, 'record')} of ${place.side}`}.
        </Text>
      )}
      {examples.map((example) => (
        <Example key={example.record} example={example} place={place} />
      ))}
    </>
  );
}

function isHere(path: string, { sync, side, field }: MappingPlace): boolean {
  return path.startsWith(`syncs.${sync}.sides.${side}.fields.${field}`);
}

function Example({
  example: { side, record, holds, means, refusal, written },
  place,
}: {
  readonly example: MappingTrial['examples'][number];
  readonly place: MappingPlace;
}) {
  return (
    <div className={classes['example']}>
      <span className={classes['where']}>
        {side} {record}
      </span>
      <Shown value={holds as Json} />
      <IconArrowNarrowRight size={15} aria-label="means" />
      {refusal === null ? (
        <strong>
          <Shown value={means as Json} />
        </strong>
      ) : (
        <span className={classes['refusal']}>waits for a person: {refusal}</span>
      )}
      {written
        .filter((there) => there.side !== side || side === place.side)
        .map((there) => (
          <span key={there.side} className={classes['written']}>
            <span className={classes['where']}>
              {there.side} {there.native}
            </span>
            {there.refusal === null ? (
              <Shown value={there.value as Json} />
            ) : (
              <span className={classes['refusal']}>{there.refusal}</span>
            )}
          </span>
        ))}
    </div>
  );
}
