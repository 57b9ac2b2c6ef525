import type {IncomingMessage} from 'node:http';

/** The body as text; undefined if it passes the limit. The rest is thrown away, but read, so that the client hears why. */
export async function readBody(request: IncomingMessage, bytesMax: number): Promise<string | undefined> {
  const pieces: Buffer[] = [];
  let bytes = 0;
  for await (const piece of request) {
    if (!Buffer.isBuffer(piece)) throw new TypeError('a request without an encoding yields buffers');
    bytes += piece.length;
    if (bytes > bytesMax) pieces.length = 0;
    else pieces.push(piece);
  }
  return bytes > bytesMax ? undefined : Buffer.concat(pieces).toString('utf8');
}

/** An object of JSON, or undefined for anything else. */
export function parseObject(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) ? value : undefined;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
