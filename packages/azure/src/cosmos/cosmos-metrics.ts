import type {DocumentRead, DocumentWrite} from '@weir/pipeline';

/** Told once per request that was sent, after its answer or its failure. */
export interface CosmosMetrics {
  onRequest(request: {
    readonly operation: 'read' | 'create' | 'replace';
    readonly outcome: DocumentRead['kind'] | DocumentWrite['kind'];
    /** As the service charged it; 0 where no answer came. */
    readonly requestUnits: number;
  }): void;
}
