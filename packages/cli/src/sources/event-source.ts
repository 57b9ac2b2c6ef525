import type {HubEvent} from '@weir/azure';

/** An event and where it lies. */
export interface SourceEvent extends HubEvent {
  readonly partition: string;
}

/** Where events are looked for; bodies are valid until `take` returns. */
export interface EventSource {
  /** For messages. */
  readonly name: string;
  /** The enqueued times that are looked at, ms, where they are known. */
  readonly window?: {readonly fromMs: number; readonly untilMs: number};
  /** Hands every event to `take`, each partition in its order. */
  read(take: (event: SourceEvent) => void, signal: AbortSignal): Promise<void>;
}
