import {encodeCommit, noneOpen, startMark, type JournalStore, type SourcePartition} from '@weir/pipeline';
import {afterAll, beforeAll, describe, expect, test} from 'vitest';

/** An implementation of the port that holds nothing yet. */
export interface OpenJournalStore {
  readonly store: JournalStore;
  close(): Promise<void>;
}

/** What the worker relies on, whoever implements it. Each test uses a partition of its own. */
export function journalStoreContract(
  name: string,
  open: () => OpenJournalStore | Promise<OpenJournalStore>,
): void {
  describe(`JournalStore: ${name}`, () => {
    let opened: OpenJournalStore;
    let partitions = 0;
    beforeAll(async () => {
      opened = await open();
    });
    afterAll(() => opened.close());

    const fresh = (): SourcePartition => ({
      namespace: 'ns.example',
      hub: 'hub',
      group: '$Default',
      partitionId: String((partitions += 1)),
    });

    async function created(): Promise<{partition: SourcePartition; etag: string}> {
      const partition = fresh();
      const answer = await opened.store.write(partition, {bytes: journal(1), ifMatch: undefined});
      if (answer.kind !== 'written') throw new Error(`The first write was ${answer.kind}.`);
      return {partition, etag: answer.etag};
    }

    async function bytesAt(partition: SourcePartition): Promise<Buffer | undefined> {
      const read = await opened.store.read(partition);
      return read.kind === 'found' ? Buffer.from(read.bytes) : undefined;
    }

    test('a partition without a journal has none', async () => {
      const partition = fresh();
      expect(await opened.store.read(partition)).toEqual({kind: 'missing'});
      expect(await opened.store.etag(partition)).toEqual({kind: 'missing'});
    });

    test('the first journal is read back byte for byte, under the ETag of the answer', async () => {
      const {partition, etag} = await created();
      expect(await opened.store.read(partition)).toMatchObject({kind: 'found', etag});
      expect(await bytesAt(partition)).toEqual(Buffer.from(journal(1)));
      expect(await opened.store.etag(partition)).toEqual({kind: 'found', etag});
    });

    test('a second first journal is refused and changes nothing', async () => {
      const {partition} = await created();
      expect(await opened.store.write(partition, {bytes: journal(2), ifMatch: undefined})).toEqual({
        kind: 'refused',
      });
      expect(await bytesAt(partition)).toEqual(Buffer.from(journal(1)));
    });

    test('a journal is replaced under its latest ETag and then has another one', async () => {
      const {partition, etag} = await created();
      const answer = await opened.store.write(partition, {bytes: journal(2), ifMatch: etag});
      expect(answer).toMatchObject({kind: 'written'});
      expect(answer).not.toMatchObject({etag});
      expect(await bytesAt(partition)).toEqual(Buffer.from(journal(2)));
    });

    test('a stale If-Match is refused and changes nothing', async () => {
      const {partition, etag} = await created();
      await opened.store.write(partition, {bytes: journal(2), ifMatch: etag});
      expect(await opened.store.write(partition, {bytes: journal(3), ifMatch: etag})).toEqual({
        kind: 'refused',
      });
      expect(await bytesAt(partition)).toEqual(Buffer.from(journal(2)));
    });

    test('a replace of a journal that is not there is refused, not created', async () => {
      const {etag} = await created();
      const partition = fresh();
      expect(await opened.store.write(partition, {bytes: journal(2), ifMatch: etag})).toEqual({
        kind: 'refused',
      });
      expect(await opened.store.read(partition)).toEqual({kind: 'missing'});
    });

    test('of several owners with one ETag exactly one wins', async () => {
      const {partition, etag} = await created();
      const answers = await Promise.all(
        [2, 3, 4].map((n) => opened.store.write(partition, {bytes: journal(n), ifMatch: etag})),
      );
      expect(answers.map(({kind}) => kind).sort((a, b) => a.localeCompare(b))).toEqual([
        'refused',
        'refused',
        'written',
      ]);
    });

    test('the very same bytes written twice are two versions', async () => {
      const {partition, etag} = await created();
      expect(await opened.store.write(partition, {bytes: journal(1), ifMatch: etag})).toMatchObject({
        kind: 'written',
      });
      expect(await opened.store.write(partition, {bytes: journal(1), ifMatch: etag})).toEqual({
        kind: 'refused',
      });
    });

    test('partitions do not share a journal', async () => {
      const [one, other] = [await created(), fresh()];
      await opened.store.write(other, {bytes: journal(7), ifMatch: undefined});
      expect(await bytesAt(one.partition)).toEqual(Buffer.from(journal(1)));
    });

    test('a signal that has fired rejects with AbortError and writes nothing', async () => {
      const partition = fresh();
      const write = opened.store.write(
        partition,
        {bytes: journal(1), ifMatch: undefined},
        AbortSignal.abort(),
      );
      await expect(write).rejects.toMatchObject({name: 'AbortError'});
      expect(await opened.store.read(partition)).toEqual({kind: 'missing'});
    });
  });
}

/** The smallest commit of this number: a store may look into what it is given. */
function journal(n: number): Uint8Array {
  return encodeCommit({
    lineage: 'lineage',
    n,
    author: `author ${n}`,
    hubCreatedAt: '2024-05-01T00:00:00Z',
    head: startMark,
    frontier: startMark,
    resume: startMark,
    open: noneOpen,
    deltas: [],
    carry: [],
    parked: [],
    deadLetters: [],
    watermarks: {arrivalMs: 0, resolvedMs: 0},
  });
}
