/** What an answer says about itself, as the service wrote it: nothing about its types is known. */
export interface AnswerFacts {
  readonly model: unknown;
  readonly usage: unknown;
}

/** Of one line of a stream: the last event of the Responses API repeats the whole answer. A longer one is not read. */
export const lineBytesMax = 4 * 1024 * 1024;
/** Of an answer in one piece; embeddings of a large batch are some MB. A longer one is passed on and not read. */
export const answerBytesMax = 16 * 1024 * 1024;

const lineBreak = 0x0a;

/**
 * Reads model and usage out of an answer while it passes by. It sees the same bytes as the caller and holds none of them back:
 * of a stream it keeps the line that is being written, of an answer in one piece its beginning up to now.
 */
export class UsageTap {
  readonly #isStream: boolean;
  #pieces: Uint8Array[] = [];
  #length = 0;
  #facts: AnswerFacts = {model: undefined, usage: undefined};

  constructor(contentType: string) {
    this.#isStream = contentType.toLowerCase().startsWith('text/event-stream');
  }

  get isStream(): boolean {
    return this.#isStream;
  }

  take(chunk: Uint8Array): void {
    if (!this.#isStream) return this.#keep(chunk, answerBytesMax);
    let start = 0;
    for (let end = chunk.indexOf(lineBreak); end !== -1; end = chunk.indexOf(lineBreak, start)) {
      this.#keep(chunk.subarray(start, end), lineBytesMax);
      this.#readLine();
      start = end + 1;
    }
    this.#keep(chunk.subarray(start), lineBytesMax);
  }

  /** What was told, once no more comes. A stream without a usage chunk, or a torn answer, has told nothing. */
  end(): AnswerFacts {
    if (this.#isStream) this.#readLine();
    else this.#readJson(this.#takeText());
    return this.#facts;
  }

  #keep(piece: Uint8Array, bytesMax: number): void {
    this.#length += piece.length;
    if (this.#length <= bytesMax) this.#pieces.push(piece);
    else this.#pieces = [];
  }

  #takeText(): string {
    const text = Buffer.concat(this.#pieces).toString('utf8');
    this.#pieces = [];
    this.#length = 0;
    return text;
  }

  #readLine(): void {
    const line = this.#takeText();
    // Most lines are pieces of the completion; only the one with the usage is worth a parse.
    if (line.startsWith('data:') && line.includes('"usage"')) this.#readJson(line.slice('data:'.length));
  }

  #readJson(text: string): void {
    const answer = objectOf(text);
    const inner = objectOrUndefined(answer?.['response']) ?? answer;
    const {usage, model} = {usage: inner?.['usage'], model: inner?.['model']};
    // Chunks before the last one have a usage of null.
    if (usage != null) this.#facts = {usage, model: model ?? this.#facts.model};
    else if (model != null) this.#facts = {...this.#facts, model};
  }
}

function objectOf(text: string): Record<string, unknown> | undefined {
  try {
    return objectOrUndefined(JSON.parse(text));
  } catch {
    // Error pages and torn answers are no JSON; they have no usage either.
    return undefined;
  }
}

export function objectOrUndefined(value: unknown): Record<string, unknown> | undefined {
  const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
  return isObject ? (value as Record<string, unknown>) : undefined;
}
