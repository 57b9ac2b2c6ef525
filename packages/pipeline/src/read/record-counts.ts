/** What happened to records; only ever grows. Each record is counted once where it leaves, or at its first fold. */
export interface RecordCounts {
  inputEvents: number;
  inputBytes: number;
  records: number;
  folded: number;
  /** Halves that became one with another. */
  merged: number;
  duplicates: number;
  /** Halves that waited when the partition was given up. */
  abandoned: number;
  skipped: number;
  reread: number;
  tooEarly: number;
  tooLate: number;
  clampedEarly: number;
  clampedLate: number;
  outOfOrder: number;
  noId: number;
  lost: number;
  gapEvents: number;
  /** By reason: `decode` reasons and those of the time policy. */
  readonly deadLetters: Map<string, number>;
}

export function noRecords(): RecordCounts {
  return {
    inputEvents: 0,
    inputBytes: 0,
    records: 0,
    folded: 0,
    merged: 0,
    duplicates: 0,
    abandoned: 0,
    skipped: 0,
    reread: 0,
    tooEarly: 0,
    tooLate: 0,
    clampedEarly: 0,
    clampedLate: 0,
    outOfOrder: 0,
    noId: 0,
    lost: 0,
    gapEvents: 0,
    deadLetters: new Map(),
  };
}
