/** Writes docs/failures.md from the catalogue: `node scripts/docs/failures.ts`. A test says when it is out of date. */
import { writeFileSync } from 'node:fs';

import { failuresPage } from './failures-page.ts';

writeFileSync(new URL('../../docs/failures.md', import.meta.url), failuresPage());
