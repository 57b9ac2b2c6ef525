import {vi} from 'vitest';
import {main} from './weir.ts';

export interface Written {
  readonly code: typeof process.exitCode;
  readonly stdout: string;
  readonly stderr: string;
}

/** For tests: runs the command in this process. Only what ends by itself, without a service. */
export async function weirHere(...words: string[]): Promise<Written> {
  const texts = {stdout: '', stderr: ''};
  for (const stream of ['stdout', 'stderr'] as const) {
    vi.spyOn(process[stream], 'write').mockImplementation((text) => {
      texts[stream] += String(text);
      return true;
    });
  }
  // Who runs the tests may force colours; the one who reads these texts has none.
  vi.stubEnv('FORCE_COLOR', undefined);
  try {
    await main(['node', 'weir', ...words]);
    return {code: process.exitCode, ...texts};
  } finally {
    vi.restoreAllMocks();
    vi.unstubAllEnvs();
    process.exitCode = undefined;
  }
}
