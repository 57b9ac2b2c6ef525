import {apimCommaJoinedShape, shapeFromDefinition, type Shape} from '@weir/pipeline';
import {parseDocument} from 'yaml';
import * as z from 'zod';
import {oneLine} from './problem.ts';
import {withoutSecrets} from './secrets.ts';
import {described, setting, settingWith} from './setting.ts';
import {oneOf} from './values.ts';

/** Each is asked about every event before the built-in ones are. */
const shapesMax = 20;

/** Definitions to shapes; a problem names its place below the key and says what would be right. */
const definitions = z
  .array(z.unknown(), 'must be a list of shapes')
  .max(shapesMax, `holds more than ${shapesMax} shapes`)
  .transform((list, context): Shape[] => {
    const shapes: Shape[] = [];
    for (const [index, definition] of list.entries()) {
      const made = shapeFromDefinition(definition);
      if (made.kind === 'invalid') {
        for (const {path, problem, example} of made.problems) {
          const message = `${problem}; for example ${example}`;
          context.issues.push({code: 'custom', path: [index, path], message, input: undefined});
        }
      } else if (shapes.some(({name}) => name === made.shape.name)) {
        const message = 'must not be the name of an earlier shape; for example my-other-gateway';
        context.issues.push({code: 'custom', path: [index, 'name'], message, input: undefined});
      } else {
        shapes.push(made.shape);
      }
    }
    return shapes;
  });

/** A text that is no YAML is refused with YAML's own reason, which names the line. */
const parsedIfText = z.unknown().transform((value, context): unknown => {
  if (typeof value !== 'string') return value;
  try {
    const document = parseDocument(value, {schema: 'core'});
    const [error] = document.errors;
    if (error !== undefined) throw error;
    const root: unknown = document.toJS();
    return isShapesMap(root) ? root.shapes : root;
  } catch (error) {
    const why = withoutSecrets(oneLine(error instanceof Error ? error.message : String(error)));
    context.issues.push({code: 'custom', message: `is not YAML: ${why}`, input: undefined});
    return z.NEVER;
  }
});

/** A file that was written for `--config` will do, as long as nothing else is in it. */
function isShapesMap(root: unknown): root is {shapes: unknown} {
  return typeof root === 'object' && root !== null && Object.keys(root).join() === 'shapes';
}

const shapesOrText = described(parsedIfText.pipe(definitions), {
  bounds: `up to ${shapesMax} shapes`,
  example: '[{name: my-gateway, recognise: {has: [callId]}, fields: {requestId: callId}}]',
});

/** From the file as a list; from the environment or a flag as the same list in YAML or JSON. */
export const shapesSetting = settingWith(shapesOrText, [], {
  fallback: 'none',
  typed: true,
  about: 'Shapes of your own gateways, asked in this order before the built-in ones; see docs/gateways.md.',
});

/** Bodies that are no JSON are read only where somebody asks for it: any text might look like one of them. */
export const textShapesSetting = setting(oneOf('none', apimCommaJoinedShape.name), {
  fallback: 'none',
  about: 'Shapes of bodies that are text instead of JSON; without them such bodies are dead letters.',
});
