/** Of a shape's own id, in UTF-16 units. Gateways use GUIDs of 36. */
const ownIdLengthMax = 200;

/**
 * A shape's own id of a call as a key that no other shape has. Undefined when the id is absent, no text or number, or
 * longer than any id is: such a record cannot be brought together with another one.
 */
export function callKey(shape: string, ownId: unknown): string | undefined {
  const raw = typeof ownId === 'number' ? String(ownId) : ownId;
  if (typeof raw !== 'string' || raw.length > ownIdLengthMax) return undefined;
  const id = raw.trim().toLowerCase();
  return id === '' ? undefined : `${shape} ${id}`;
}
