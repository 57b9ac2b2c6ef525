/** Which service something went wrong with: a throttled Cosmos DB must never look like bad input. */
export type TroubleLayer = 'Event Hubs' | 'Blob storage' | 'Cosmos DB' | 'Log Analytics' | 'input' | 'worker';

/** Something that went wrong and is being dealt with: one sentence each on what happened and what the worker does. */
export interface Trouble {
  readonly layer: TroubleLayer;
  /** One of a small set, so that repeats can be counted instead of logged. */
  readonly kind: string;
  readonly message: string;
  readonly partitionId?: string;
  readonly fields?: Readonly<Record<string, string | number>>;
}

export type ReportTrouble = (trouble: Trouble) => void;
