import {gunzipSync, gzipSync} from 'node:zlib';
import {decodeDelta, encodeDelta, type EncodedDelta} from '../fold/aggregate-delta.ts';
import {commitFormat, type Commit, type ParkedDelta} from './commit.ts';

/** A journal of 8 MiB compressed holds at most this much text; more is damage or an attack. */
const decodedBytesMax = 1024 * 1024 * 1024;
/** The least effort: journals are written every few seconds and read at most once. */
const compressionLevel = 1;

type EncodedParked = Omit<ParkedDelta, 'delta'> & {readonly delta: EncodedDelta};
type EncodedCommit = Omit<Commit, 'deltas' | 'carry' | 'parked'> & {
  readonly format: number;
  readonly deltas: readonly EncodedDelta[];
  readonly carry: readonly EncodedDelta[];
  readonly parked: readonly EncodedParked[];
};

/** The journal cannot be read by this version: written by another one, or damaged. */
export class CommitFormatError extends Error {
  readonly code = 'COMMIT_FORMAT';
}

/** A snapshot: what is folded afterwards does not reach these bytes. */
export function encodeCommit(commit: Commit): Uint8Array {
  const encoded: EncodedCommit = {
    format: commitFormat,
    ...commit,
    deltas: commit.deltas.map(encodeDelta),
    carry: commit.carry.map(encodeDelta),
    parked: commit.parked.map((parked) => ({...parked, delta: encodeDelta(parked.delta)})),
  };
  return gzipSync(JSON.stringify(encoded), {level: compressionLevel});
}

/** @throws {CommitFormatError} */
export function decodeCommit(bytes: Uint8Array): Commit {
  let encoded: EncodedCommit | null;
  try {
    // Our own bytes, checked by gzip's CRC: a whole journal of a known format needs no second validation.
    encoded = JSON.parse(
      gunzipSync(bytes, {maxOutputLength: decodedBytesMax}).toString(),
    ) as EncodedCommit | null;
  } catch (cause) {
    throw new CommitFormatError('The journal is damaged: it is not a compressed commit.', {cause});
  }
  if (encoded?.format !== commitFormat) {
    throw new CommitFormatError(
      `The journal has format ${encoded?.format}; this version reads ${commitFormat}. Run the version that wrote it.`,
    );
  }
  const {format: _, deltas, carry, parked, ...rest} = encoded;
  try {
    return {
      ...rest,
      deltas: deltas.map(decodeDelta),
      carry: carry.map(decodeDelta),
      parked: parked.map((entry) => ({...entry, delta: decodeDelta(entry.delta)})),
    };
  } catch (cause) {
    throw new CommitFormatError('The journal is damaged: a delta in it cannot be read.', {cause});
  }
}
