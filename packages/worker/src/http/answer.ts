import type {ServerResponse} from 'node:http';

/**
 * Everything comes from this server, nothing may be framed, and no page of another site learns anything. Scripts and
 * styles are files, so that no inline one is ever needed.
 */
const contentSecurityPolicy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "connect-src 'self'",
  "img-src 'self' data:",
  "base-uri 'none'",
  "frame-ancestors 'none'",
  "form-action 'none'",
].join('; ');

/** One answer, complete before it is sent. */
export interface Answer {
  readonly status: number;
  readonly type: string;
  readonly body: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** A sentence as plain text. */
export function sentence(status: number, text: string, headers?: Record<string, string>): Answer {
  const answer = {status, type: 'text/plain; charset=utf-8', body: `${text}\n`};
  return headers === undefined ? answer : {...answer, headers};
}

/** JSON in which no text can be taken for markup, wherever it is shown. */
export function json(value: unknown): Answer {
  const escaped = JSON.stringify(value).replaceAll(/[<>&\u2028\u2029]/g, (character) => {
    return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
  });
  return {status: 200, type: 'application/json; charset=utf-8', body: escaped};
}

/** Sends the answer with the headers that every answer has; node leaves out the body of an answer to HEAD. */
export function send(response: ServerResponse, {status, type, body, headers}: Answer): void {
  response.writeHead(status, {
    'Content-Type': type,
    'Content-Length': Buffer.byteLength(body),
    'Content-Security-Policy': contentSecurityPolicy,
    'X-Content-Type-Options': 'nosniff',
    'Referrer-Policy': 'no-referrer',
    'Cross-Origin-Resource-Policy': 'same-origin',
    'Cache-Control': 'no-store',
    ...headers,
  });
  response.end(body);
}
