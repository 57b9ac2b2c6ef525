/** Below this the feed would mostly read other people's rows: asking for the few ids is cheaper. */
const offBelowPerSecond = 5;
/** Apart from the other bound, so that a load around it does not switch to and fro. */
const onAbovePerSecond = 7;
const measuredMs = 300_000;

/** Decides from the worker's event rate over five minutes whether the feed is worth its queries. */
export class FeedSwitch {
  #isOn = true;
  #sinceMs: number | undefined;
  #events = 0;

  get isOn(): boolean {
    return this.#isOn;
  }

  /** @returns whether the feed was switched by this */
  count(events: number, nowMs: number): boolean {
    this.#sinceMs ??= nowMs;
    this.#events += events;
    const elapsedMs = nowMs - this.#sinceMs;
    if (elapsedMs < measuredMs) return false;
    const perSecond = (this.#events * 1000) / elapsedMs;
    this.#sinceMs = nowMs;
    this.#events = 0;
    const isOn = this.#isOn ? perSecond >= offBelowPerSecond : perSecond > onAbovePerSecond;
    const switched = isOn !== this.#isOn;
    this.#isOn = isOn;
    return switched;
  }
}
