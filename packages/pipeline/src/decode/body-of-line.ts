import {notJson, parseJson} from './json-text.ts';
import {isJsonObject} from './shape.ts';

/**
 * The body that one line of a file of bodies stands for: the line itself, which is a JSON value as it came, or
 * `{"$text": "…"}` and `{"$base64": "…"}` for bodies that are none. A line that is no JSON is a body that is no JSON.
 */
export function bodyOfLine(line: string): Uint8Array {
  const value = line.includes('"$') ? parseJson(line) : notJson;
  if (value === notJson || !isJsonObject(value) || Object.keys(value).length !== 1) return Buffer.from(line);
  const {$text, $base64} = value;
  if (typeof $text === 'string') return Buffer.from($text);
  return typeof $base64 === 'string' ? Buffer.from($base64, 'base64') : Buffer.from(line);
}
