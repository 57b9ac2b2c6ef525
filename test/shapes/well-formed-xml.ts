/** An element's start and everything an expression may stand in, in the order of the document. */
export interface XmlPiece {
  /** Names from the root down, joined by `/`. */
  readonly path: string;
  readonly attributes: Readonly<Record<string, string>>;
  /** Text directly inside of it, without its entities. */
  text: string;
}

const namePattern = '[A-Za-z_][\\w.-]*';
const attributePattern = new RegExp(`\\s+(${namePattern})=(?:"([^"<]*)"|'([^'<]*)')`, 'y');
const entities: Readonly<Record<string, string>> = {amp: '&', lt: '<', gt: '>', quot: '"', apos: "'"};

/**
 * The elements of a document of elements, attributes, text and comments. Throws where it is not well-formed XML 1.0, and for
 * everything else that XML has and policies do not need.
 */
export function parseWellFormed(xml: string): XmlPiece[] {
  const pieces: XmlPiece[] = [];
  const open: XmlPiece[] = [];
  const fail = (what: string, at: number): never => {
    throw new Error(`${what} in line ${xml.slice(0, at).split('\n').length}`);
  };
  const unescaped = (text: string, at: number): string =>
    text.replaceAll(/&([^;]*);?/g, (whole, name: string) => {
      return whole.endsWith(';') && entities[name] !== undefined ? entities[name] : fail('unescaped &', at);
    });
  let at = 0;
  let roots = 0;
  while (at < xml.length) {
    if (xml.startsWith('<!--', at)) {
      const end = xml.indexOf('--', at + 4);
      if (end === -1 || xml[end + 2] !== '>') fail('a comment with two hyphens, or without end', at);
      at = end + 3;
    } else if (xml.startsWith('</', at)) {
      const [whole = '', name] =
        new RegExp(`^</(${namePattern})\\s*>`).exec(xml.slice(at)) ?? fail('a bad end', at);
      const closed = open.pop();
      if (closed === undefined || closed.path.split('/').at(-1) !== name) fail(`</${name}> ends nothing`, at);
      at += whole.length;
    } else if (xml[at] === '<') {
      const [whole = '', name = ''] =
        new RegExp(`^<(${namePattern})`).exec(xml.slice(at)) ?? fail('a bare <', at);
      at += whole.length;
      const attributes: Record<string, string> = {};
      attributePattern.lastIndex = at;
      for (let found = attributePattern.exec(xml); found !== null; found = attributePattern.exec(xml)) {
        const [, attribute = '', double, single = ''] = found;
        if (attributes[attribute] !== undefined) fail(`${attribute} is given twice`, at);
        attributes[attribute] = unescaped(double ?? single, at);
        at = attributePattern.lastIndex;
      }
      const [end] = /^\s*\/?>/.exec(xml.slice(at)) ?? fail(`<${name}> has no end`, at);
      at += end.length;
      const above = open.at(-1);
      if (above === undefined && ++roots > 1) fail('a second root', at);
      const piece = {path: above === undefined ? name : `${above.path}/${name}`, attributes, text: ''};
      pieces.push(piece);
      if (!end.includes('/')) open.push(piece);
    } else {
      const next = xml.indexOf('<', at);
      const end = next === -1 ? xml.length : next;
      const text = unescaped(xml.slice(at, end), at);
      const inside = open.at(-1);
      if (inside !== undefined) inside.text += text;
      else if (text.trim() !== '') fail('text outside of the root', at);
      at = end;
    }
  }
  if (open.length > 0 || roots === 0) fail('an element without end', xml.length);
  return pieces;
}
