import {createHmac, timingSafeEqual} from 'node:crypto';
import type {IncomingMessage} from 'node:http';
import type {Target} from './target.ts';
import {unauthorized} from './service-error.ts';

/**
 * The account key that Microsoft's own emulator publishes. It protects nothing; it exists so that the signature is
 * exercised: https://learn.microsoft.com/azure/cosmos-db/emulator#authentication
 */
export const emulatorKey =
  'C2y6yDjf5/R+ob0N8A7Cgv30VRDJIWEHLM+4QDU5DE2nQ9nDuVTqobD4b8mGGyPMbIZnqyMsEcaGQy67XIw/Jw==';

/** Throws 401 unless the request is signed with the key for exactly this verb, resource and date. */
export function checkSignature(request: IncomingMessage, {key, target}: {key: string; target: Target}): void {
  const authorization = decodeURIComponent(request.headers.authorization ?? '');
  const [, signature] = /^type=master&ver=1\.0&sig=(.+)$/.exec(authorization) ?? [];
  if (signature === undefined) {
    throw unauthorized("Required Header authorization is missing or is not signed with the account's key.");
  }
  const date = String(request.headers['x-ms-date'] ?? request.headers.date ?? '').toLowerCase();
  const verb = (request.method ?? '').toLowerCase();
  const text = `${verb}\n${target.signedType}\n${target.signedLink}\n${date}\n\n`;
  const expected = createHmac('sha256', Buffer.from(key, 'base64')).update(text).digest();
  const given = Buffer.from(signature, 'base64');
  if (given.length !== expected.length || !timingSafeEqual(given, expected)) {
    throw unauthorized(
      "The input authorization token can't serve the request. The wrong key is being used or the expected payload is not built as per the protocol.",
    );
  }
}
