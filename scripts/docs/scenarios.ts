/** Writes docs/scenarios.md from the scenarios: `npm run docs:scenarios`. A test says when it is out of date. */
import { writeFileSync } from 'node:fs';

import { scenariosPage } from '../../test/scenarios/page.ts';
import { SCENARIOS } from '../../test/scenarios/scenarios.ts';

writeFileSync(new URL('../../docs/scenarios.md', import.meta.url), scenariosPage(SCENARIOS));
