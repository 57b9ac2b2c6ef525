/** Farther apart than this, two words are not one misspelt: a suggestion would mislead. */
const distanceMax = 3;
const wordCharsMax = 80;

/**
 * The candidate that `word` most likely was meant to be, ignoring case; undefined when none is near. A third of the
 * letters must be right at least, so that short words do not match everything.
 */
export function nearest(
  word: string,
  candidates: Iterable<string>,
): {name: string; distance: number} | undefined {
  let best: {name: string; distance: number} | undefined;
  const wanted = word.slice(0, wordCharsMax).toLowerCase();
  for (const name of candidates) {
    const distance = editDistance(wanted, name.toLowerCase());
    const near =
      distance <= Math.min(distanceMax, Math.floor((Math.max(wanted.length, name.length) * 2) / 3));
    if (near && distance < (best?.distance ?? Infinity)) best = {name, distance};
  }
  return best;
}

/** Levenshtein's distance, one row at a time. */
function editDistance(a: string, b: string): number {
  let above = Array.from({length: b.length + 1}, (_, column) => column);
  for (let row = 1; row <= a.length; row += 1) {
    const current = [row];
    for (let column = 1; column <= b.length; column += 1) {
      const substitution = (above[column - 1] ?? 0) + (a[row - 1] === b[column - 1] ? 0 : 1);
      current.push(Math.min(substitution, (above[column] ?? 0) + 1, (current[column - 1] ?? 0) + 1));
    }
    above = current;
  }
  return above[b.length] ?? 0;
}
