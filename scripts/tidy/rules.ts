import type { Rule } from './rule.ts';
import { barrels } from './rules/barrels.ts';
import { clock } from './rules/clock.ts';
import { connectors } from './rules/connectors.ts';
import { cycles } from './rules/cycles.ts';
import { dependencies } from './rules/dependencies.ts';
import { docs } from './rules/docs.ts';
import { functions } from './rules/functions.ts';
import { glossary } from './rules/glossary.ts';
import { heads } from './rules/heads.ts';
import { layers } from './rules/layers.ts';
import { links } from './rules/links.ts';
import { machines } from './rules/machines.ts';
import { markers } from './rules/markers.ts';
import { numbers } from './rules/numbers.ts';
import { rooms } from './rules/rooms.ts';
import { sizes } from './rules/sizes.ts';
import { words } from './rules/words.ts';

export const RULES: readonly Rule[] = [
  sizes,
  functions,
  words,
  docs,
  heads,
  rooms,
  layers,
  cycles,
  barrels,
  clock,
  connectors,
  numbers,
  markers,
  machines,
  links,
  glossary,
  dependencies,
];
