import {spawn} from 'node:child_process';

/** Seeds per process: what one process keeps does not grow with the length of the run. */
const seedsPerChunk = 1_000;

interface Chunk {
  readonly from: number;
  readonly runs: number;
}

/**
 * Runs seeds in several processes, a chunk each, and says how each chunk ended. Goes on after failures.
 * @param options are passed on to each process
 * @returns how many chunks had a failing seed
 */
export async function runInChunks({
  from,
  runs,
  jobs,
  options,
  say,
}: {
  from: number;
  runs: number;
  jobs: number;
  options: readonly string[];
  say: (text: string) => void;
}): Promise<number> {
  const chunks: Chunk[] = [];
  for (let at = from; at < from + runs; at += seedsPerChunk)
    chunks.push({from: at, runs: Math.min(seedsPerChunk, from + runs - at)});
  const open = new Set(chunks);
  let failed = 0;
  const work = async (): Promise<void> => {
    for (let chunk = chunks.shift(); chunk !== undefined; chunk = chunks.shift()) {
      const {output, code} = await runChunk(chunk, options);
      if (code !== 0) failed += 1;
      open.delete(chunk);
      const next = Math.min(from + runs, ...[...open].map((left) => left.from));
      say(`seeds ${chunk.from} to ${chunk.from + chunk.runs - 1}: ${output.trim()}`);
      say(`all before ${next} are done${failed > 0 ? `; ${failed} chunks had failures` : ''}`);
    }
  };
  await Promise.all(Array.from({length: jobs}, work));
  return failed;
}

/** Runs one chunk in a process of its own. */
export function runChunk(
  {from, runs}: Chunk,
  options: readonly string[],
): Promise<{output: string; code: number | null}> {
  const script = new URL('./simulate.ts', import.meta.url).pathname;
  const range = ['--from', String(from), '--runs', String(runs)];
  const child = spawn(process.execPath, [script, ...range, '--go-on', '--no-shorten', ...options], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let output = '';
  child.stdout.on('data', (text: Buffer) => (output += text.toString()));
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => resolve({output, code}));
  });
}
