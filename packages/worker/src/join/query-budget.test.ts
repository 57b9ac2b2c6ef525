import {expect, test} from 'vitest';
import {fleetQueriesPerWindow, QueryBudget} from './query-budget.ts';

function takenAt(budget: QueryBudget, nowMs: number, workers: number): number {
  let count = 0;
  while (count < 1_000 && budget.take(nowMs, workers)) count += 1;
  return count;
}

test.each([
  [1, 60],
  [2, 30],
  [7, 8],
  [60, 1],
  [500, 1],
  [0, 60],
])('%i workers leave %i queries to each in 30 s', (workers, expected) => {
  expect(takenAt(new QueryBudget(), 0, workers)).toBe(expected);
});

test('the window slides: a query is paid back 30 s after it was sent', () => {
  const budget = new QueryBudget();
  for (let n = 0; n < fleetQueriesPerWindow; n++) expect(budget.take(n * 100, 1)).toBe(true);
  expect(budget.take(29_999, 1)).toBe(false);
  expect(budget.take(30_000, 1)).toBe(true);
  expect(budget.take(30_000, 1)).toBe(false);
  expect(takenAt(budget, 90_000, 1)).toBe(60);
});

test('no 30 s hold more than the budget', () => {
  const budget = new QueryBudget();
  const sent: number[] = [];
  for (let nowMs = 0; nowMs < 120_000; nowMs += 130) if (budget.take(nowMs, 2)) sent.push(nowMs);
  for (const fromMs of sent)
    expect(sent.filter((ms) => ms >= fromMs && ms < fromMs + 30_000).length).toBeLessThanOrEqual(30);
});

test('workers that come take effect at once', () => {
  const budget = new QueryBudget();
  expect(takenAt(budget, 0, 2)).toBe(30);
  expect(budget.take(1, 4)).toBe(false);
  expect(takenAt(budget, 1, 1)).toBe(30);
});
