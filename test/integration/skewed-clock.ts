/**
 * Loaded before a worker: its wall clock is ahead by `CLOCK_AHEAD_MS` (behind, where that is negative), as on a machine
 * whose time is set wrong. Timers and `performance.now` measure elapsed time and stay as they are.
 */
const aheadMs = Number(process.env['CLOCK_AHEAD_MS']);
if (!Number.isInteger(aheadMs)) throw new Error('CLOCK_AHEAD_MS is not set to whole milliseconds.');

const realNow = Date.now;
const now = (): number => realNow() + aheadMs;

globalThis.Date = new Proxy(Date, {
  construct: (target, args: readonly unknown[], made): object =>
    Reflect.construct(target, args.length === 0 ? [now()] : args, made) as object,
  get: (target, key): unknown => (key === 'now' ? now : Reflect.get(target, key)),
});
