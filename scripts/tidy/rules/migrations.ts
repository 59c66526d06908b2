import type { Rule } from '../rule.ts';

const FOLDER = 'src/store/migrations/';
const NAME = /^(\d{4})_[a-z0-9_]+\.sql$/;

/** Migrations run in the order of their numbers, so the numbers are 0001, 0002 … with nothing missing or doubled. */
export const migrations: Rule = {
  name: 'migration',
  check: (repository) =>
    [...repository.texts.keys()]
      .filter((path) => path.startsWith(FOLDER) && !path.endsWith('.ts'))
      .map((path) => path.slice(FOLDER.length))
      .toSorted()
      .flatMap((name, index) => {
        const number = NAME.exec(name)?.[1];
        if (number === undefined) {
          return [
            {
              path: `${FOLDER}${name}`,
              line: 1,
              message: 'is not named like a migration',
              fix: 'name it 0001_what_it_makes.sql',
            },
          ];
        }
        if (Number(number) === index + 1) return [];
        const expected = String(index + 1).padStart(4, '0');
        return [
          {
            path: `${FOLDER}${name}`,
            line: 1,
            message: `is number ${number}, expected ${expected}`,
            fix: 'close the gap or renumber the double',
          },
        ];
      }),
};
