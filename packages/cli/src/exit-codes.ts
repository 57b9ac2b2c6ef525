/** How every command ends; scripts depend on them. Apart from `exit.ts`, which loads what can fail. */
export const exitCodes = {done: 0, failed: 1, usage: 2, interrupted: 130} as const;
