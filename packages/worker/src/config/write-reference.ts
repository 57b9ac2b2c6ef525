import {writeFile} from 'node:fs/promises';
import {configurationReference} from './reference.ts';

await writeFile(new URL('../../../../docs/configuration.md', import.meta.url), configurationReference());
