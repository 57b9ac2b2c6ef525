import type {IncomingMessage} from 'node:http';
import {badRequest, tooLarge} from './service-error.ts';

/** A document of 2 MB and what JSON and a batch put around it. */
const bodyBytesMax = 4 * 1024 * 1024;
/** Up to here the rest is read and thrown away, so that the client can read the 413; beyond, the connection ends. */
const drainBytesMax = 32 * 1024 * 1024;

/** The JSON body; undefined when there is none. Throws 400 or 413. */
export async function readJsonBody(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request) {
    const buffer = Buffer.isBuffer(chunk) ? chunk : Buffer.from(String(chunk));
    bytes += buffer.length;
    if (bytes <= bodyBytesMax) chunks.push(buffer);
    if (bytes > drainBytesMax) break;
  }
  if (bytes > bodyBytesMax) throw tooLarge('Request size is too large');
  if (bytes === 0) return undefined;
  try {
    return JSON.parse(Buffer.concat(chunks).toString('utf8')) as unknown;
  } catch (error) {
    if (error instanceof SyntaxError) throw badRequest('The request body is not valid JSON.');
    throw error;
  }
}
