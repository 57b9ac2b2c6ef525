import {dimensions, retentionMs, type ExpectedDocument} from './expected-documents.ts';

/** More lines than this help nobody. */
const linesMax = 40;
const quantileAccuracy = 0.01;
/** `updatedAt` is whole milliseconds of the same moment that the time to live was counted from. */
const ttlToleranceSeconds = 1;
/** Fields that depend on when and how often a document was written. */
const ofTheWrite = ['revision', 'updatedAt', 'ttl', 'stateSketch', 'stateApplied'] as const;
const appliedPattern = /^[0-9a-f]{8}\/[0-9]+\/[0-9a-f]{8}$/;

/**
 * Compares all aggregate documents with what they must be. Empty when every number is right, quantiles are within 1 %,
 * no document is missing or too many, and every document keeps the contract of DESIGN.md.
 */
export function differences({
  expected,
  documents,
}: {
  expected: readonly ExpectedDocument[];
  documents: readonly Readonly<Record<string, unknown>>[];
}): string[] {
  const lines: string[] = [];
  const stored = new Map(documents.map((document) => [String(document['id']), document]));
  if (stored.size !== documents.length) lines.push('Two documents have one id.');
  for (const wanted of expected) {
    const found = stored.get(wanted.id);
    stored.delete(wanted.id);
    if (found === undefined) lines.push(`${nameOf(wanted)}: missing, with ${wanted['requests']} requests.`);
    else lines.push(...differencesOf(wanted, found).map((what) => `${nameOf(wanted)}: ${what}`));
  }
  for (const extra of stored.values()) lines.push(`${nameOf(extra)}: must not be there.`);
  const more = lines.length - linesMax;
  return more > 0 ? [...lines.slice(0, linesMax), `… and ${more} more.`] : lines;
}

/** `region-usage 1h 2026-01-01T10:00:00.000Z eastus gpt-4o-main`. */
function nameOf(document: Readonly<Record<string, unknown>>): string {
  const values = dimensions.map((name) => document[name]).filter((value) => value !== 'all');
  return [document['view'], document['grain'], document['windowStart'], ...values].join(' ');
}

function differencesOf(wanted: ExpectedDocument, found: Readonly<Record<string, unknown>>): string[] {
  const lines: string[] = [];
  for (const [field, value] of Object.entries(wanted)) {
    if (!agrees(field, value, found[field]))
      lines.push(`${field} is ${show(found[field])}, expected ${show(value)}.`);
  }
  for (const field of Object.keys(found)) {
    // Names with an underscore are the service's own.
    const isKnown = field in wanted || field.startsWith('_') || ofTheWrite.some((other) => other === field);
    if (!isKnown) lines.push(`${field} is no field of the contract.`);
  }
  return [...lines, ...brokenShape(found)];
}

function agrees(field: string, wanted: string | number, found: unknown): boolean {
  if (typeof wanted === 'string' || typeof found !== 'number') return found === wanted;
  if (field === 'durationMsMean') return Math.abs(found - wanted) <= Math.abs(wanted) * 1e-9;
  if (/^durationMsP\d+$/.test(field)) return Math.abs(found - wanted) <= wanted * quantileAccuracy;
  return found === wanted;
}

function brokenShape(found: Readonly<Record<string, unknown>>): string[] {
  const lines: string[] = [];
  const expect = (holds: boolean, field: string): void => {
    if (!holds) lines.push(`${field} is ${show(found[field])}, which the contract does not allow.`);
  };
  const {revision, updatedAt, ttl, stateSketch, stateApplied, windowEnd, grain} = found;
  expect(Number.isSafeInteger(revision) && Number(revision) >= 1, 'revision');
  expect(typeof updatedAt === 'string' && new Date(updatedAt).toISOString() === updatedAt, 'updatedAt');
  const keptMs = retentionMs[String(grain)];
  if (keptMs === undefined) expect(ttl === -1, 'ttl');
  else {
    const leftMs = Date.parse(String(windowEnd)) + keptMs - Date.parse(String(updatedAt));
    const wantedTtl = Math.max(1, leftMs / 1000);
    expect(Number.isSafeInteger(ttl) && Math.abs(Number(ttl) - wantedTtl) <= ttlToleranceSeconds, 'ttl');
  }
  expect(
    typeof stateSketch === 'string' && (stateSketch === '') === (found['durationCount'] === 0),
    'stateSketch',
  );
  expect(isApplied(stateApplied), 'stateApplied');
  for (const [field, value] of Object.entries(found)) {
    const isFlat = typeof value === 'string' || (typeof value === 'number' && Number.isFinite(value));
    if (!field.startsWith('_')) expect(isFlat, field);
  }
  return lines;
}

function isApplied(text: unknown): boolean {
  if (typeof text !== 'string' || !text.startsWith('{')) return false;
  const entries = Object.entries(JSON.parse(text) as Record<string, unknown>);
  return (
    entries.length > 0 &&
    entries.every(([key, n]) => appliedPattern.test(key) && Number.isSafeInteger(n) && Number(n) >= 1)
  );
}

function show(value: unknown): string {
  return value === undefined ? 'absent' : JSON.stringify(value);
}
