/**
 * Hides what was said in a call. Careful rather than clever: a figure that is hidden without need costs a second look with
 * --show-content, a prompt that is shown cannot be taken back.
 */

/** What to do with the words of a call. Credentials are hidden either way. */
export type Content = 'masked' | 'shown';

/** A longer text is taken for content, whatever its key. */
export const shownCharsMax = 64;

/** Below these keys every text is content, at any depth. Compared in lower case and without punctuation. */
const contentKeys: ReadonlySet<string> = new Set(
  (
    'prompt prompts completion completions content contents message messages input inputs output outputs text texts ' +
    'question answer query instructions choices delta arguments suffix systemprompt revisedprompt embedding ' +
    'thinking reasoningcontent refusal transcript'
  ).split(' '),
);
/** A text under these keys is a body that a gateway passed on as it was. */
const bodyKeys: ReadonlySet<string> = new Set(
  'body requestbody responsebody request response payload requestpayload responsepayload rawrequest rawresponse'.split(
    ' ',
  ),
);
/** Under a content key these say what the content is, not what it says. */
const structureKeys: ReadonlySet<string> = new Set(['role', 'type', 'finishreason', 'index', 'object']);
const credentialKeys: ReadonlySet<string> = new Set(
  (
    'authorization apikey xapikey ocpapimsubscriptionkey subscriptionkey appsubscriptionkey cookie setcookie password ' +
    'secret clientsecret token accesstoken idtoken refreshtoken sig signature xfunctionskey sharedaccesskey'
  ).split(' '),
);

/** A parsed body or a map of properties, with its words replaced by `[masked: N characters]`. */
export function masked(value: unknown, content: Content): unknown {
  return maskValue(value, {content, isContent: false, isBody: false});
}

/** A text that could not be parsed, which may hold anything. */
export function maskedText(text: string, content: Content): string {
  if (content === 'shown' || (text.length <= shownCharsMax && !mentionsContent(text))) return text;
  return mask(text.length, 'characters');
}

export function maskedBytes(bytes: Uint8Array, content: Content): string {
  return content === 'shown' ? Buffer.from(bytes).toString('base64') : mask(bytes.length, 'bytes');
}

interface Place {
  readonly content: Content;
  /** Somewhere below a content key. */
  readonly isContent: boolean;
  readonly isBody: boolean;
}

function maskValue(value: unknown, place: Place): unknown {
  if (typeof value === 'string') return maskString(value, place);
  if (typeof value !== 'object' || value === null) return value;
  if (value instanceof Uint8Array) return maskedBytes(value, place.content);
  if (Array.isArray(value)) {
    // Token ids and vectors say what was said, too.
    const isNumbers = value.length > 0 && value.every((item) => typeof item === 'number');
    if (place.isContent && place.content === 'masked' && isNumbers) return mask(value.length, 'numbers');
    return value.map((item) => maskValue(item, {...place, isBody: false}));
  }
  // An exact number, or anything else that knows how it is written.
  if (Object.getPrototypeOf(value) !== Object.prototype) return value;
  // From entries, so that a key named __proto__ stays a key.
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, maskField(key, item, place)]));
}

function maskField(key: string, item: unknown, {content, isContent}: Place): unknown {
  const name = nameOf(key);
  if (credentialKeys.has(name)) {
    return typeof item === 'string' && item !== ''
      ? '[masked: credential]'
      : maskValue(item, {content, isContent: true, isBody: false});
  }
  const isStructure = isContent && structureKeys.has(name) && typeof item === 'string';
  return maskValue(item, {
    content,
    isContent: !isStructure && (isContent || contentKeys.has(name)),
    isBody: bodyKeys.has(name),
  });
}

function maskString(text: string, {content, isContent, isBody}: Place): string {
  if (content === 'shown' || text === '') return text;
  const isHidden = isContent || isBody || text.length > shownCharsMax || mayHoldJson(text);
  return isHidden ? mask(text.length, 'characters') : text;
}

/** A body within a body: its keys are not looked at. */
function mayHoldJson(text: string): boolean {
  return /^\s*[[{"]/.test(text);
}

function mentionsContent(text: string): boolean {
  return [...text.matchAll(/[A-Za-z_-]+/g)].some(([word]) => {
    const name = nameOf(word);
    return contentKeys.has(name) || credentialKeys.has(name) || bodyKeys.has(name);
  });
}

/** The few keys of one producer come again and again. */
const names = new Map<string, string>();
const namesMax = 10_000;

function nameOf(key: string): string {
  let name = names.get(key);
  if (name === undefined) {
    if (names.size >= namesMax) names.clear();
    names.set(key, (name = key.toLowerCase().replaceAll(/[^a-z0-9]/g, '')));
  }
  return name;
}

function mask(count: number, unit: 'characters' | 'bytes' | 'numbers'): string {
  return `[masked: ${count} ${unit}]`;
}
