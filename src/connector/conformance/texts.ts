import { readOne, seedOne, textOf, updateOf, writeOne, assertHolds, type Rule } from './rule.ts';

const LONG_CHARACTERS = 10_000;

const ODD_TEXTS: readonly (readonly [name: string, what: string, text: (charactersMax: number) => string])[] =
  [
    [
      'text-quotes',
      'quotes, backslashes and semicolons',
      () => `'O"Neil'; drop table x; -- \\' \\\\ \`$1 %s {0}`,
    ],
    ['text-emoji', 'emoji and characters outside the basic plane', () => '👩‍👩‍👧 𝔘𝔫𝔦 😀'],
    ['text-long', 'as many characters as fit', (charactersMax) => 'Äb'.repeat(Math.floor(charactersMax / 2))],
    ['text-lines', 'line breaks and tabs within it', () => 'one\ntwo\n\n\tfour'],
    ['text-crlf', 'carriage returns within it', () => 'one\r\ntwo\rthree'],
    ['text-rtl', 'right-to-left writing and its marks', () => 'שלום \u{202B}مرحبا\u{202C} end'],
    ['text-proto', 'the name of a built-in property', () => '__proto__'],
    ['text-markup', 'markup', () => '<b>a</b> &amp; <!-- c --> ]]>'],
    ['text-separators', 'separators and a formula', () => '=1+1,;|\ttab "quoted"'],
    ['text-number', 'digits with leading zeros', () => '007'],
    ['text-word-null', 'the word null', () => 'null'],
    ['text-spaces', 'spaces at both ends', () => '  a  '],
  ];

/** That text and emptiness survive a round trip. */
export const TEXT_RULES: readonly Rule[] = [
  ...ODD_TEXTS.map(([name, what, text]): Rule => ({
    name,
    title: `text with ${what} survives a round trip`,
    unless: (card) => (card.can.update ? null : 'the card says that the system cannot update records'),
    check: async (ground) => {
      const id = await seedOne(ground);
      const written = textOf(ground, text(ground.fields.textCharactersMax ?? LONG_CHARACTERS));
      await writeOne(ground, updateOf('k', id, written));
      assertHolds(await readOne(ground, id), written, `after text with ${what} was written`);
    },
  })),
  {
    name: 'null-and-empty',
    title: 'null and empty text are kept apart',
    unless: (card) => (card.can.update ? null : 'the card says that the system cannot update records'),
    check: async (ground) => {
      const id = await seedOne(ground);
      for (const value of ['', null, '']) {
        await writeOne(ground, updateOf('k', id, textOf(ground, value)));
        assertHolds(
          await readOne(ground, id),
          textOf(ground, value),
          `after ${JSON.stringify(value)} was written`,
        );
      }
    },
  },
];
