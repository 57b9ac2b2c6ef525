import {spawn} from 'node:child_process';
import {parseArgs} from 'node:util';
import {simulate} from './run.ts';
import {mutations, notApplicable, planFor, type Mutation} from './mutations.ts';

/**
 * Whether the simulation notices when the protocol is broken: each mutation runs in a process of its own, until it is
 * caught or its runs are used up. Exits with 1 when one survives or no longer applies.
 */

const {values} = parseArgs({
  options: {
    runs: {type: 'string', default: '3000'},
    from: {type: 'string', default: '500000'},
    only: {type: 'string', default: ''},
  },
});

type Verdict =
  | {readonly kind: 'caught'; readonly run: number; readonly violation: string}
  | {readonly kind: 'survived'}
  | {readonly kind: 'broken'; readonly why: string};

function tryMutation({name}: Mutation): Promise<Verdict> {
  const hook = new URL('./mutant-hook.ts', import.meta.url).href;
  const script = new URL('./mutant.ts', import.meta.url).pathname;
  const child = spawn(process.execPath, ['--import', hook, script, values.from, values.runs], {
    env: {...process.env, WEIR_MUTATION: name},
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const [output, errors]: string[][] = [[], []];
  child.stdout.on('data', (text: Buffer) => output?.push(text.toString()));
  child.stderr.on('data', (text: Buffer) => errors?.push(text.toString()));
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => {
      const said = (output ?? []).join('');
      const complaint = /Error: .*/.exec((errors ?? []).join(''))?.[0] ?? 'a patched file was not loaded';
      if (code !== 0) resolve({kind: 'broken', why: complaint});
      else if (said === '') resolve({kind: 'survived'});
      else resolve({kind: 'caught', ...(JSON.parse(said) as {run: number; violation: string})});
    });
  });
}

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}

/** A seed that fails anyhow catches nothing. */
async function failsUnbroken(mutation: Mutation, seed: number): Promise<boolean> {
  return (await simulate(planFor(mutation, seed))).violations.length > 0;
}

const nameWidth = 66;
let failures = 0;
for (const mutation of mutations) {
  if (!new RegExp(values.only).test(mutation.name)) continue;
  const startedMs = performance.now();
  const verdict = await tryMutation(mutation);
  const seconds = ((performance.now() - startedMs) / 1000).toFixed(1);
  const name = mutation.name.padEnd(nameWidth);
  switch (verdict.kind) {
    case 'caught':
      if (await failsUnbroken(mutation, Number(values.from) + verdict.run - 1)) {
        failures += 1;
        say(`${name} NOT KNOWN: seed ${Number(values.from) + verdict.run - 1} fails without it too`);
        break;
      }
      say(
        `${name} caught in run ${String(verdict.run).padStart(5)} (${seconds} s): ${verdict.violation.slice(0, 140)}`,
      );
      break;
    case 'survived':
      failures += 1;
      say(`${name} SURVIVED ${values.runs} runs (${seconds} s)`);
      break;
    case 'broken':
      failures += 1;
      say(`${name} DOES NOT APPLY: ${verdict.why}`);
  }
}
for (const {name, why} of notApplicable) say(`${name.padEnd(nameWidth)} not applicable yet: ${why}`);
if (failures > 0) process.exitCode = 1;
