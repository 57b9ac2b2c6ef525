/** The replay cannot give the right numbers: the message says why, and what to do. */
export class ReplayError extends Error {
  readonly code = 'REPLAY';
  override readonly name = 'ReplayError';
}
