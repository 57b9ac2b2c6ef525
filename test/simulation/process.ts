/**
 * One incarnation of a worker's process. After a crash nothing that it waits for ever returns; while it is paused,
 * answers and timers reach it only at the end of the pause. What its calls did to the services stays.
 */
export class SimulatedProcess {
  readonly name: string;
  /** Local clock less true time, ms. */
  readonly clockOffsetMs: number;
  isCrashed = false;
  pausedUntilMs = 0;

  constructor(name: string, clockOffsetMs: number) {
    this.name = name;
    this.clockOffsetMs = clockOffsetMs;
  }
}
