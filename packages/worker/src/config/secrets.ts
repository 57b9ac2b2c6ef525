/** Longer texts are cut before they are searched, so that a huge error costs a bounded time. */
const searchedCharsMax = 16_384;

/**
 * Patterns run in this order: a whole connection string goes first, so that its parts are not looked at alone. No
 * class takes a quote or a backslash, so a line of JSON is still one afterwards.
 */
const secrets: readonly {readonly pattern: RegExp; readonly replacement: string}[] = [
  {
    pattern:
      /\b(?:Endpoint=sb|DefaultEndpointsProtocol=|AccountEndpoint=|AccountName=|\w+Endpoint=http)[^\s"'\\]*/gi,
    replacement: '(connection string removed)',
  },
  {
    pattern: /(?<=\b|%26)(AccountKey|SharedAccessKey|SharedAccessSignature|sig)(=|%3d)[^;&\s"'\\]+/gi,
    replacement: '$1$2(removed)',
  },
  {pattern: /\b(Bearer|SharedKey|SharedKeyLite|Basic)\s+[\w.~+/=:-]{8,}/gi, replacement: '$1 (removed)'},
  {
    pattern:
      /\b(api-?key|client[-_]?secret|password|(?:access|refresh)[-_]?token)((?:\\?["'])?\s*[:=]\s*(?:\\?["'])?)[^\s"',;&\\(]+/gi,
    replacement: '$1$2(removed)',
  },
  // A JSON web token, wherever it stands.
  {pattern: /(?<![\w-])eyJ[\w-]{10,}\.[\w-]+(?:\.[\w-]*)?/g, replacement: '(token removed)'},
  {pattern: /(:\/\/)[^/\s"'\\@]+@/g, replacement: '$1(removed)@'},
  // Keys of Storage and Cosmos DB are 64 bytes in base64, those of Event Hubs 32.
  {
    pattern: /(?<![A-Za-z0-9+/])(?:[A-Za-z0-9+/]{86}==|[A-Za-z0-9+/]{43}=)(?![A-Za-z0-9+/=])/g,
    replacement: '(key removed)',
  },
];

/** The text without connection strings, keys, signatures and tokens; at most 16,384 characters of it. */
export function withoutSecrets(text: string): string {
  let clean = text.slice(0, searchedCharsMax);
  for (const {pattern, replacement} of secrets) clean = clean.replace(pattern, replacement);
  return clean;
}
