/**
 * The bytes of a flat array lie outside the engine's heap, and every 64 MB of them, those that nobody holds any more
 * included, make it mark the whole heap. So large arrays that are replaced give theirs back at once.
 */
type FlatArray = Int32Array<ArrayBuffer> | Float64Array<ArrayBuffer> | Uint8Array<ArrayBuffer>;

/** The buffer of a longer array: the elements of the old one, then zeros. The old one is empty from now on. */
export function longerBuffer(old: FlatArray, length: number): ArrayBuffer {
  return old.buffer.transfer(length * old.BYTES_PER_ELEMENT);
}

/** Gives up an array: it is empty from now on. */
export function release(array: FlatArray): void {
  array.buffer.transfer(0);
}
