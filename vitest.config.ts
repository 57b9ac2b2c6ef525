import {defineConfig} from 'vitest/config';

/** Unit and property tests sit beside the code; contract, integration and end-to-end tests under test/. */
export default defineConfig({
  test: {
    include: ['packages/*/src/**/*.test.ts', 'test/**/*.test.ts'],
    pool: 'forks',
    maxWorkers: 2,
    testTimeout: 20_000,
    hookTimeout: 30_000,
    reporters: ['default', './test/closing-line.ts'],
    setupFiles: ['./test/setup.ts'],
    unstubEnvs: true,
  },
});
