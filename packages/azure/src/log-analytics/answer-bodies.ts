import {pipeline} from 'node:stream';
import {createGunzip} from 'node:zlib';
import {RestError, type PipelinePolicy, type PipelineRequest} from '@azure/core-rest-pipeline';
import type {AnswerReader} from './answer-reader.ts';

const withoutTables = '{"tables":[]}';
/** In UTF-16 units: errors of the service are far shorter, and a proxy's page need not be read to its end. */
const errorLengthMax = 1_024 * 1_024;

/**
 * Reads the bodies of answers before the SDK comes to them. It would hold each as bytes and as text, parse it twice and
 * make a date of every time in it, which is most of what a row costs; a slice holds tens of thousands of rows, and most
 * are only looked up. A compressed body it would pipe into a stream that neither ends when the connection breaks nor
 * closes the connection when nobody reads on.
 */
export class AnswerBodies {
  /** By the signal of the request, which is no other's. */
  readonly #readers = new WeakMap<object, AnswerReader>();

  /** To be called last, behind whatever sets headers ▲: the request is sent with those that it has here. */
  readonly policy: PipelinePolicy = {
    name: 'weirAnswerBodies',
    sendRequest: async (request, next) => {
      const reader = request.abortSignal === undefined ? undefined : this.#readers.get(request.abortSignal);
      if (reader === undefined) return next(request);
      keepCompressed(request);
      request.streamResponseStatusCodes = new Set([Number.POSITIVE_INFINITY]); // the SDK's word for all
      const response = await next(request);
      // With it the SDK would not look at the answer that is left.
      delete request.streamResponseStatusCodes;
      const {readableStreamBody: stream} = response;
      if (stream === undefined) return response;
      delete response.readableStreamBody;
      const texts = textsOf(stream, {encoding: response.headers.get('content-encoding'), request});
      if (response.status === 200) {
        for await (const text of texts) reader.push(text);
        response.bodyAsText = withoutTables;
      } else response.bodyAsText = await errorText(texts); // errors stay with the SDK, which knows their forms
      return response;
    },
  };

  /** The body of the answer to the request with this signal goes to the reader, not to the SDK. */
  expect(signal: AbortSignal, reader: AnswerReader): void {
    this.#readers.set(signal, reader);
  }
}

/** Asks for a compressed answer in a way that the SDK does not see, or it would take it apart itself. */
function keepCompressed(request: PipelineRequest): void {
  request.headers.delete('Accept-Encoding');
  const headers = {...request.headers.toJSON({preserveCase: true}), 'Accept-Encoding': 'gzip'};
  request.requestOverrides = {...request.requestOverrides, headers};
}

/** @throws {RestError} as the SDK throws it for a connection that breaks */
async function* textsOf(
  body: NodeJS.ReadableStream,
  {encoding, request}: {encoding: string | undefined; request: PipelineRequest},
): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  // What breaks the connection breaks the last stream too, which is the one that is read: nothing to do when it ends.
  const stream = encoding?.toLowerCase() === 'gzip' ? pipeline(body, createGunzip(), () => {}) : body;
  try {
    for await (const chunk of stream) {
      yield typeof chunk === 'string' ? chunk : decoder.decode(chunk, {stream: true});
    }
  } catch (cause) {
    const code =
      cause instanceof Error && 'code' in cause ? String(cause.code) : RestError.REQUEST_SEND_ERROR;
    throw new RestError('The connection broke during the answer.', {code, request});
  }
  yield decoder.decode();
}

async function errorText(texts: AsyncIterable<string>): Promise<string> {
  let all = '';
  for await (const text of texts) {
    all += text;
    if (all.length > errorLengthMax) break;
  }
  return all;
}
