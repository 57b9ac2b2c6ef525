import {parseArgs} from 'node:util';
import {runInChunks} from './chunks.ts';
import {disasters, operators} from './disaster.ts';
import {planOf, type RunPlan} from './plan.ts';
import {simulate} from './run.ts';
import {shorten} from './shorten.ts';

const usage = `Runs the worker in a simulated world and checks that every event counts once.

  node test/simulation/simulate.ts [--seed S] [--from K] [--runs N] [--jobs J] [--disaster D] [--operator O]
                                   [--trace] [--no-shorten] [--go-on]

  --seed S       one run, with its trace
  --from K       first seed of many runs (default 1)
  --runs N       how many (default 1000)
  --jobs J       in so many processes at once, a chunk of 1000 seeds each; resume with --from what is not done
  --disaster D   the same in every run, for example "hub made again"
  --operator O   what a person does about it: none, "adopt journal", "begin anew" or "first way"
  --trace        print what happened also where nothing is wrong
  --no-shorten   do not look for a smaller failing run
  --go-on        do not end at the first failing seed; one of each kind is printed
`;

const {values} = parseArgs({
  options: {
    seed: {type: 'string'},
    from: {type: 'string', default: '1'},
    runs: {type: 'string', default: '1000'},
    jobs: {type: 'string'},
    disaster: {type: 'string'},
    operator: {type: 'string'},
    trace: {type: 'boolean', default: false},
    'no-shorten': {type: 'boolean', default: false},
    'go-on': {type: 'boolean', default: false},
    help: {type: 'boolean', default: false},
  },
});

const traceLines = 4_000;
const traceShown = 150;
const chunk = 1_000;

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}

/** The seed's plan, but for what the command line fixes. */
function planned(seed: number): RunPlan {
  const plan = planOf(seed);
  const {disaster: wantedDisaster, operator: wantedOperator} = values;
  const disaster = disasters.find((name) => name === wantedDisaster);
  const operator = operators.find((name) => name === wantedOperator);
  if (disaster === undefined && wantedDisaster !== undefined)
    throw new Error(`--disaster: one of ${disasters.join(', ')}`);
  if (operator === undefined && wantedOperator !== undefined)
    throw new Error(`--operator: one of ${operators.join(', ')}`);
  return {
    ...plan,
    ...(disaster !== undefined && {disaster, begunAnew: 0}),
    ...(operator !== undefined && {operator}),
  };
}

/** Prints a run with its trace. */
async function show(plan: RunPlan, lines: number): Promise<void> {
  const {trace, violations} = await simulate(plan, {traceLines});
  say(trace.split('\n').slice(-lines).join('\n'));
  for (const violation of violations) say(`violated: ${violation}`);
}

async function explain(seed: number): Promise<void> {
  const plan = planned(seed);
  await show(plan, traceShown);
  if (values['no-shorten']) return;
  const shortened = await shorten(plan);
  say(`\nA shorter run that fails, of plan ${JSON.stringify({...shortened, views: undefined})}:`);
  await show(shortened, traceLines);
}

/** Violations that differ only in numbers and names are of one kind. */
function kindOf(violation: string): string {
  return violation
    .replace(/(latency|usage|chargeback)_\w+_[\w-]+/, 'DOCUMENT')
    .replace(/[0-9a-f]{8,}/g, '#')
    .replace(/\d+/g, 'N')
    .slice(0, 90);
}

async function runMany({from, runs}: {from: number; runs: number}): Promise<number> {
  const kinds = new Map<string, number>();
  const startedMs = performance.now();
  let [tasks, virtualMs] = [0, 0];
  const troubles = new Map<string, number>();
  const fates = new Map<string, number>();
  for (let seed = from; seed < from + runs; seed++) {
    const result = await simulate(planned(seed));
    tasks += result.tasks;
    virtualMs += result.virtualMs;
    for (const [kind, times] of result.troubles) troubles.set(kind, (troubles.get(kind) ?? 0) + times);
    for (const fate of result.fates) fates.set(fate, (fates.get(fate) ?? 0) + 1);
    const [first] = result.violations;
    if (first !== undefined) {
      const kind = kindOf(first);
      if (!kinds.has(kind)) say(`seed ${seed}: ${result.violations.slice(0, 3).join('\n  ')}`);
      kinds.set(kind, (kinds.get(kind) ?? 0) + 1);
      if (!values['go-on']) {
        await explain(seed);
        break;
      }
    }
    const done = seed - from + 1;
    if (done % chunk !== 0 && done !== runs) continue;
    const seconds = (performance.now() - startedMs) / 1000;
    let failed = 0;
    for (const times of kinds.values()) failed += times;
    say(
      `${done} runs, ${failed} failed, ${(done / seconds).toFixed(0)} runs/s, ${Math.round(tasks / done)} tasks and ${Math.round(virtualMs / done / 1000)} virtual seconds each`,
    );
  }
  for (const [kind, times] of kinds) say(`${times} × ${kind}`);
  if (fates.size > 0) say(`struck: ${[...fates].map(([fate, times]) => `${fate} ${times}`).join('; ')}`);
  say(`reported by the workers: ${[...troubles].map(([kind, times]) => `${kind} ${times}`).join(', ')}`);
  return kinds.size;
}

if (values.help) say(usage);
else if (values.seed !== undefined) {
  const seed = Number(values.seed);
  const {violations} = await simulate(planned(seed));
  if (violations.length > 0) {
    await explain(seed);
    process.exitCode = 1;
  } else if (values.trace) await show(planned(seed), traceLines);
  else say(`seed ${seed}: nothing violated`);
} else if (values.jobs !== undefined) {
  const fixed = (['disaster', 'operator'] as const).flatMap((name) =>
    values[name] === undefined ? [] : [`--${name}`, values[name]],
  );
  const range = {from: Number(values.from), runs: Number(values.runs)};
  const failed = await runInChunks({...range, jobs: Number(values.jobs), options: fixed, say});
  if (failed > 0) process.exitCode = 1;
} else if ((await runMany({from: Number(values.from), runs: Number(values.runs)})) > 0) process.exitCode = 1;
