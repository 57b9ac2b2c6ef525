import {readFileSync} from 'node:fs';
import {apimCommaJoinedShape} from '@weir/pipeline';
import {ConfigurationError, loadDecoding} from '@weir/worker';
import {Option} from 'commander';
import {offering} from '../option-values.ts';

/** Which shapes are meant. Flags win over the environment, the environment over the file, as for every command. */
export interface DecodingOptions {
  readonly shapes?: string;
  readonly textShapes?: string;
  readonly config?: string;
}

export function shapesOption(): Option {
  return new Option('--shapes <yaml>', 'YAML file with a list of your shapes, or the list itself');
}

export function textShapesOption(): Option {
  return offering(
    [apimCommaJoinedShape.name],
    new Option('--textShapes <name>', 'also read bodies that are text: apim-comma-joined'),
  );
}

export function configOption(): Option {
  return new Option(
    '--config <file>',
    'configuration file (YAML), of which only shapes and tokens.estimate are read',
  );
}

/** The shapes that these options mean. Throws `ConfigurationError`. */
export function decodingFrom({shapes, textShapes, config}: DecodingOptions): ReturnType<typeof loadDecoding> {
  return loadDecoding({
    env: process.env,
    flags: {
      ...(shapes !== undefined && {shapes: shapesText(shapes)}),
      ...(textShapes !== undefined && {textShapes}),
    },
    ...(config !== undefined && {
      file: {name: config, text: readText({option: '--config', fileName: config, example: 'weir.yaml'})},
    }),
  });
}

/** A list in the argument itself is what `weir run --shapes` and WEIR_SHAPES take. */
function shapesText(argument: string): string {
  if (/^\s*(?:\[|- )/.test(argument)) return argument;
  return readText({option: '--shapes', fileName: argument, example: 'my-shapes.yaml'});
}

function readText({option, fileName, example}: {option: string; fileName: string; example: string}): string {
  try {
    return readFileSync(fileName, 'utf8');
  } catch (cause) {
    throw new ConfigurationError(
      [
        `${option}: ${fileName} cannot be read. Give the path of a YAML file, for example ${option} ${example}.`,
      ],
      {cause},
    );
  }
}
