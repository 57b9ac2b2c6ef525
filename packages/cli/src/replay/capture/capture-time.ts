const pattern = /^(\d{1,2})\/(\d{1,2})\/(\d{4}) (\d{1,2}):(\d{2}):(\d{2}) (AM|PM)$/;

/** Capture writes `5/17/2024 12:00:34 PM`, in UTC and whole seconds; ms since the epoch, undefined for any other text. */
export function captureTimeMs(text: string): number | undefined {
  const match = pattern.exec(text);
  if (match === null) {
    const ms = /^\d{4}-\d{2}-\d{2}T.*Z$/.test(text) ? Date.parse(text) : Number.NaN;
    return Number.isNaN(ms) ? undefined : ms;
  }
  const [month, day, year, hour, minute, second] = match.slice(1, 7).map(Number);
  const hours = (hour! % 12) + (match[7] === 'PM' ? 12 : 0);
  return Date.UTC(year!, month! - 1, day, hours, minute, second);
}
