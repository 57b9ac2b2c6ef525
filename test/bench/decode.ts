import {bodiesOfShapes, wrappedBodies} from './decode-bodies.ts';
import {renderDecode} from './decode-report.ts';
import {measureDecode} from './decode-speed.ts';

/** `npm run bench:decode`: how fast the decoder is with each shape of gateway events, beside flat ones. */
export function benchDecode(): string {
  return renderDecode({shapes: measureDecode(bodiesOfShapes()), wrappers: measureDecode(wrappedBodies())});
}

if (import.meta.main) process.stdout.write(benchDecode());
