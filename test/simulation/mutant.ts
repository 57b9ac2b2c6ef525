import {mutations, planFor} from './mutations.ts';
import {simulate} from './run.ts';

/** Runs one mutant, in a process of its own, until something is violated: prints the run's number and what it was. */
const [from = 1, runs = 1] = process.argv.slice(2).map(Number);
const mutation = mutations.find(({name}) => name === process.env['WEIR_MUTATION']);
if (mutation === undefined) throw new Error('WEIR_MUTATION names no mutation');
for (let i = 0; i < runs; i++) {
  const {violations} = await simulate(planFor(mutation, from + i));
  if (violations[0] === undefined) continue;
  process.stdout.write(JSON.stringify({run: i + 1, violation: violations[0]}));
  break;
}
