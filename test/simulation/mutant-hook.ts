import {readFileSync} from 'node:fs';
import {registerHooks} from 'node:module';
import {fileURLToPath} from 'node:url';
import {mutations} from './mutations.ts';

/** Preloaded in the process that runs a mutant: patches source text as it is loaded. */

const mutation = mutations.find(({name}) => name === process.env['WEIR_MUTATION']);
if (mutation === undefined) throw new Error('WEIR_MUTATION names no mutation');
const pending = new Set(mutation.patches);

registerHooks({
  load(url, context, nextLoad) {
    const loaded = nextLoad(url, context);
    const patches = [...pending].filter(({file}) => url.endsWith(`/${file}`));
    if (patches.length === 0) return loaded;
    let source = readFileSync(fileURLToPath(url), 'utf8');
    for (const patch of patches) {
      const parts = source.split(patch.find);
      if (parts.length !== 2)
        throw new Error(`"${patch.find}" is ${parts.length - 1} times in ${patch.file}`);
      source = parts.join(patch.replace);
      pending.delete(patch);
    }
    return {...loaded, source};
  },
});

process.on('exit', () => {
  if (pending.size > 0) process.exitCode = exitUnpatched;
});

/** A patched file was never loaded. */
export const exitUnpatched = 3;
