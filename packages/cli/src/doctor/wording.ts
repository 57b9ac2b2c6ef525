/** `workload 480, weir 20`: the largest first, at most five. */
export function counted(counts: ReadonlyMap<string, number>): string {
  const shownMax = 5;
  const sorted = [...counts].toSorted(([, a], [, b]) => b - a);
  const shown = sorted.slice(0, shownMax).map(([name, count]) => `${name} ${whole(count)}`);
  return [...shown, ...(sorted.length > shownMax ? [`${sorted.length - shownMax} more`] : [])].join(', ');
}

/** `98 %`; never rounded up to all. */
export function percent(part: number, all: number): string {
  return `${Math.floor((part / all) * 100)} %`;
}

/** `45 s`, `12 min`, `3 h`, `2 d`, rounded down to two figures' worth. */
export function roughly(ms: number): string {
  const seconds = Math.round(ms / 1000);
  if (seconds < 120) return `${seconds} s`;
  if (seconds < 7_200) return `${Math.floor(seconds / 60)} min`;
  return seconds < 172_800 ? `${Math.floor(seconds / 3_600)} h` : `${Math.floor(seconds / 86_400)} d`;
}

export function whole(count: number): string {
  return Math.round(count).toLocaleString('en-US');
}
