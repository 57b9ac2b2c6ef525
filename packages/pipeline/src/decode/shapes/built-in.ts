import type {Shape} from '../shape.ts';
import {weirShape} from './weir.ts';
import {workloadShape} from './workload.ts';

/** The shapes that need no configuration; the order decides only between objects that two of them would take. */
export const builtInShapes: readonly Shape[] = [weirShape, workloadShape];
