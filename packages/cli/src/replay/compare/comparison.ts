import type {DocumentTarget} from '@weir/pipeline';
import type {FieldDifference} from './differences.ts';
import type {Touch} from './touches.ts';
import type {ViewWindow} from './view-windows.ts';

/** A document that does not hold what it should, with nothing pending that could explain it. */
export interface DifferentDocument {
  readonly target: DocumentTarget;
  /** Empty where the document cannot be read. */
  readonly differences: readonly FieldDifference[];
  /** What it most likely comes from, in plain words. */
  readonly explanation: string;
}

/** A document that only one of the two has. */
export interface LoneDocument {
  readonly target: DocumentTarget;
  readonly requests: number;
  readonly explanation: string;
}

/** A window whose documents differ and may do so only because something is still on its way. */
export interface PendingWindow extends ViewWindow {
  /** Documents of it that are not the same now. */
  readonly documents: number;
  readonly because: readonly Touch[];
}

/** Documents of Cosmos DB against those of a replay. */
export interface Comparison {
  readonly fromMs: number;
  readonly untilMs: number;
  readonly same: number;
  readonly different: readonly DifferentDocument[];
  readonly onlyInCosmos: readonly LoneDocument[];
  readonly onlyInReplay: readonly LoneDocument[];
  readonly notComparable: readonly PendingWindow[];
  /** Documents of the replay whose window is past its retention: Cosmos DB no longer has them, or is about to drop them. */
  readonly expired: number;
  /** Partitions that are stopped, and events without positions: what makes the explanations less certain. */
  readonly notes: readonly string[];
}

export function hasDifference({different, onlyInCosmos, onlyInReplay}: Comparison): boolean {
  return different.length + onlyInCosmos.length + onlyInReplay.length > 0;
}
