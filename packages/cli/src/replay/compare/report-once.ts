import type {Trouble} from '@weir/worker';

/** A service that is slow to answer is asked often; saying so once is enough. */
export function reportOnce(tell: (text: string) => void): (trouble: Trouble) => void {
  const told = new Set<string>();
  return ({layer, kind, partitionId, message}) => {
    const key = `${layer} ${kind} ${partitionId}`;
    if (told.has(key)) return;
    told.add(key);
    tell(message);
  };
}
