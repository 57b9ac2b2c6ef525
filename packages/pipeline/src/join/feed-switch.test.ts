import {expect, test} from 'vitest';
import {FeedSwitch} from './feed-switch.ts';

const measuredMs = 300_000;

/** Counts at a steady rate for one measured span. @returns whether the feed is on then */
function after(feed: FeedSwitch, startMs: number, perSecond: number): boolean {
  for (let ms = 0; ms <= measuredMs; ms += 1_000) feed.count(ms === 0 ? 0 : perSecond, startMs + ms);
  return feed.isOn;
}

test('the feed is on until five minutes have shown that it is not worth it', () => {
  const feed = new FeedSwitch();
  for (let ms = 0; ms < measuredMs; ms += 1_000) expect(feed.count(0, ms)).toBe(false);
  expect(feed.isOn).toBe(true);
  expect(feed.count(0, measuredMs)).toBe(true);
  expect(feed.isOn).toBe(false);
  expect(feed.count(0, measuredMs + 1)).toBe(false);
});

test.each([
  [4.9, false],
  [5, true],
  [6, true],
  [8, true],
])('a feed that is on stays on at %d events per second: %s', (perSecond, isOn) => {
  expect(after(new FeedSwitch(), 0, perSecond)).toBe(isOn);
});

test('between the bounds the feed stays as it is, so that a load around them does not switch to and fro', () => {
  const feed = new FeedSwitch();
  const loads: [number, boolean][] = [
    [6, true],
    [4, false],
    [6, false],
    [7, false],
    [7.5, true],
    [6, true],
    [5, true],
    [4.9, false],
  ];
  loads.forEach(([perSecond, isOn], i) =>
    expect(after(feed, i * (measuredMs + 1_000), perSecond), `${i}: ${perSecond}/s`).toBe(isOn),
  );
});

test('a long silence counts as the rate that it was', () => {
  const feed = new FeedSwitch();
  feed.count(0, 0);
  expect(feed.count(3_000, 10 * measuredMs)).toBe(true);
  expect(feed.isOn).toBe(false);
});
