import * as fc from 'fast-check';

/** In CI every run tries the same inputs, so that a change is judged by itself; elsewhere each run looks for new ones. */
const ciSeed = 20_261_125;

if (process.env['CI'] !== undefined) fc.configureGlobal({seed: ciSeed});
