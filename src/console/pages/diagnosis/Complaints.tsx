import { Link, useSearch } from '@tanstack/react-router';

import type { Finding } from '../../data/contract.ts';
import { counted } from '../../parts/numbers.ts';
import { Panel } from '../../parts/Panel.tsx';
import { Tag } from '../../parts/Tag.tsx';
import classes from './Diagnosis.module.css';
import { SYMPTOMS, type Symptom } from './words.ts';

/** The five things that people complain of, each with whether there is a sign of it; one that is chosen shows only its causes. */
export function Complaints({ findings }: { readonly findings: readonly Finding[] }) {
  const { symptom: chosen } = useSearch({ from: '/shell/diagnosis' });
  return (
    <Panel flush title="What people complain of">
      <ul className={classes['complaints']}>
        {SYMPTOMS.map(({ symptom, complaint }) => (
          <li key={symptom}>
            <Link
              from="/diagnosis"
              to="/diagnosis"
              search={({ sync }) => ({
                ...(sync === undefined ? {} : { sync }),
                ...(chosen === symptom ? {} : { symptom }),
              })}
              replace
              className={classes['complaint']}
              aria-current={chosen === symptom}
            >
              <span>{complaint}?</span>
              <Sign findings={findings} symptom={symptom} />
            </Link>
          </li>
        ))}
      </ul>
    </Panel>
  );
}

function Sign({ findings, symptom }: { readonly findings: readonly Finding[]; readonly symptom: Symptom }) {
  const about = findings.filter(({ symptoms }) => symptoms.includes(symptom));
  const wrong = about.filter(({ weight }) => weight !== 'asSetUp');
  if (wrong.length > 0)
    return (
      <Tag tone={wrong.some(({ weight }) => weight === 'stopped') ? 'dead' : 'held'}>
        {counted(wrong.length, 'cause')}
      </Tag>
    );
  return about.length > 0 ? <Tag tone="excluded">meant so</Tag> : <Tag tone="in-sync">no sign of it</Tag>;
}
