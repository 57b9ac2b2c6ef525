import {addAbortSignal, Readable} from 'node:stream';
import {RestError, type PipelinePolicy, type PipelineRequest} from '@azure/core-rest-pipeline';
import type {AnswerReader} from './answer-reader.ts';

const withoutTables = '{"tables":[]}';

/**
 * Reads the bodies of answers before the SDK comes to them. It would hold each as bytes and as text, parse it twice and
 * make a date of every time in it, which is most of what a row costs; a slice holds tens of thousands of rows, and most
 * are only looked up.
 */
export class AnswerBodies {
  /** By the signal of the request, which is no other's. */
  readonly #readers = new WeakMap<object, AnswerReader>();

  readonly policy: PipelinePolicy = {
    name: 'weirAnswerBodies',
    sendRequest: async (request, next) => {
      const reader = request.abortSignal === undefined ? undefined : this.#readers.get(request.abortSignal);
      if (reader === undefined) return next(request);
      // Errors stay with the SDK, which knows their forms.
      request.streamResponseStatusCodes = new Set([200]);
      const response = await next(request);
      // With it the SDK would not look at the answer that is left.
      delete request.streamResponseStatusCodes;
      const {readableStreamBody: stream} = response;
      if (stream === undefined) return response;
      delete response.readableStreamBody;
      for await (const text of textsOf(stream, request)) reader.push(text);
      response.bodyAsText = withoutTables;
      return response;
    },
  };

  /** The body of the answer to the request with this signal goes to the reader, not to the SDK. */
  expect(signal: AbortSignal, reader: AnswerReader): void {
    this.#readers.set(signal, reader);
  }
}

/** @throws {RestError} as the SDK throws it for a connection that breaks */
async function* textsOf(stream: NodeJS.ReadableStream, request: PipelineRequest): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  // The stream of a compressed body does not end by itself when its connection breaks or the request is aborted.
  if (stream instanceof Readable && request.abortSignal instanceof AbortSignal)
    addAbortSignal(request.abortSignal, stream);
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
