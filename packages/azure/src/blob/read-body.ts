/** The whole of a response body. Throws once it is longer than `bytesMax`, before keeping more. */
export async function readBody(
  stream: NodeJS.ReadableStream | undefined,
  {bytesMax}: {bytesMax: number},
): Promise<Uint8Array> {
  if (stream === undefined) return new Uint8Array(0);
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of stream) {
    const bytes = typeof chunk === 'string' ? Buffer.from(chunk) : chunk;
    length += bytes.length;
    if (length > bytesMax) throw new Error(`The blob is longer than ${bytesMax} bytes.`);
    chunks.push(bytes);
  }
  return Buffer.concat(chunks, length);
}
