import {writeFile} from 'node:fs/promises';

import {gatewaysPage} from './gateways-page.ts';

await writeFile(new URL('../../docs/gateways.md', import.meta.url), gatewaysPage());
