import { Text } from '@mantine/core';
import { Fragment } from 'react';

import type { Finding } from '../../data/contract.ts';
import { Advice } from '../../parts/Advice.tsx';
import { Ago } from '../../parts/Ago.tsx';
import { Fact } from '../../parts/Fact.tsx';
import { counted } from '../../parts/numbers.ts';
import { Tag } from '../../parts/Tag.tsx';
import { To } from '../../parts/To.tsx';
import classes from './Diagnosis.module.css';
import { Remedy } from './Remedy.tsx';
import { WEIGHTS } from './words.ts';

/** One cause with what speaks for it, whose fault it is, whom it hits, and the way to where it is mended. */
export function FindingRow({ finding }: { readonly finding: Finding }) {
  const { cause, weight, fault, evidence, samples, advice } = finding;
  const { tone, word } = WEIGHTS[weight];
  return (
    <li className={classes['finding']}>
      <Tag tone={tone}>{word}</Tag>
      <div className={classes['words']}>
        <Text fw={550}>{cause}</Text>
        <Text size="sm" c="dimmed" component="div">
          <Where finding={finding} />
        </Text>
        <dl className={classes['facts']}>
          {evidence.length > 0 && (
            <Fact name="Evidence">
              {evidence.map((line) => (
                <div key={line}>{line}</div>
              ))}
            </Fact>
          )}
          {samples.length > 0 && (
            <Fact name="Records">
              <Samples finding={finding} />
            </Fact>
          )}
          <Fact name="Whose fault">{fault.says}</Fact>
          <Fact name="What to do">
            <Advice advice={advice} />
          </Fact>
        </dl>
      </div>
      <Remedy finding={finding} />
    </li>
  );
}

function Where({ finding: { sync, side, since, records } }: { readonly finding: Finding }) {
  return (
    <>
      <To to="/syncs/$sync" params={{ sync }}>
        {sync}
      </To>
      {side !== null && `, ${side}`}
      {records !== null && ` · ${counted(records, 'record')}`}
      {since !== null && (
        <>
          {' '}
          · since <Ago at={since} />
        </>
      )}
    </>
  );
}

/** Some of the records, each led to. */
function Samples({ finding: { sync, side, records, samples } }: { readonly finding: Finding }) {
  const others = (records ?? 0) - samples.length;
  return (
    <>
      {samples.map(({ record, identity, title }, index) => (
        <Fragment key={record}>
          {index > 0 && ', '}
          {identity === null ? (
            <To to="/record" search={{ sync, side: side ?? '', id: record }}>
              {title}
            </To>
          ) : (
            <To to="/records/$identity" params={{ identity }}>
              {title}
            </To>
          )}
        </Fragment>
      ))}
      {others > 0 && ` and ${counted(others, 'other')}`}
    </>
  );
}
