import type {DocumentStore} from '@weir/pipeline';
import {afterAll, beforeAll, describe, expect, test} from 'vitest';

/** An implementation of the port, with containers of its own. */
export interface OpenDocumentStore {
  readonly store: DocumentStore;
  close(): Promise<void>;
}

/** What the worker relies on, whoever implements it. Each test uses a document of its own. */
export function documentStoreContract(
  name: string,
  open: () => OpenDocumentStore | Promise<OpenDocumentStore>,
): void {
  describe(`DocumentStore: ${name}`, () => {
    let opened: OpenDocumentStore;
    let documents = 0;
    beforeAll(async () => {
      opened = await open();
    });
    afterAll(() => opened.close());

    const fresh = () => ({
      id: `document-${(documents += 1)}`,
      pk: 'usage|5m|2024-05-17',
      requests: 1,
      ttl: -1,
      text: 'ü"\u2028',
    });

    async function created(): Promise<{document: ReturnType<typeof fresh>; etag: string}> {
      const document = fresh();
      const answer = await opened.store.write(document, undefined);
      if (answer.kind !== 'written') throw new Error(`The first write was ${answer.kind}.`);
      return {document, etag: answer.etag};
    }

    test('what was never written is missing', async () => {
      expect(await opened.store.read(fresh())).toEqual({kind: 'missing'});
    });

    test('what was created is read back as it was, under the ETag of the answer', async () => {
      const {document, etag} = await created();
      expect(await opened.store.read(document)).toEqual({kind: 'found', etag, document});
    });

    test('a second create is refused and changes nothing', async () => {
      const {document, etag} = await created();
      expect(await opened.store.write({...document, requests: 2}, undefined)).toEqual({kind: 'refused'});
      expect(await opened.store.read(document)).toEqual({kind: 'found', etag, document});
    });

    test('a replace under the latest ETag gives a new one', async () => {
      const {document, etag} = await created();
      const answer = await opened.store.write({...document, requests: 2}, etag);
      expect(answer).toMatchObject({kind: 'written'});
      expect(answer).not.toMatchObject({etag});
      expect(await opened.store.read(document)).toMatchObject({kind: 'found', document: {requests: 2}});
    });

    test('a stale If-Match is refused and changes nothing', async () => {
      const {document, etag} = await created();
      await opened.store.write({...document, requests: 2}, etag);
      expect(await opened.store.write({...document, requests: 3}, etag)).toEqual({kind: 'refused'});
      expect(await opened.store.read(document)).toMatchObject({kind: 'found', document: {requests: 2}});
    });

    test('a replace of what is not there is refused, not created', async () => {
      const {etag} = await created();
      const nobody = fresh();
      expect(await opened.store.write(nobody, etag)).toEqual({kind: 'refused'});
      expect(await opened.store.read(nobody)).toEqual({kind: 'missing'});
    });

    test('equal contents written twice are two versions', async () => {
      const {document, etag} = await created();
      expect(await opened.store.write(document, etag)).toMatchObject({kind: 'written'});
      expect(await opened.store.write(document, etag)).toEqual({kind: 'refused'});
    });

    test('a document is found under its own partition key only', async () => {
      const {document} = await created();
      expect(await opened.store.read({id: document.id, pk: 'another'})).toEqual({kind: 'missing'});
    });

    test('of several writers with one ETag exactly one wins', async () => {
      const {document, etag} = await created();
      const answers = await Promise.all(
        [2, 3, 4, 5].map((requests) => opened.store.write({...document, requests}, etag)),
      );
      expect(answers.map(({kind}) => kind).sort((a, b) => a.localeCompare(b))).toEqual([
        'refused',
        'refused',
        'refused',
        'written',
      ]);
    });

    test('what a caller changes afterwards does not reach the store', async () => {
      const {document, etag} = await created();
      const sent = {...document, requests: 2};
      await opened.store.write(sent, etag);
      sent.requests = 99;
      expect(await opened.store.read(document)).toMatchObject({document: {requests: 2}});
    });

    test('a signal that has fired rejects with AbortError and writes nothing', async () => {
      const document = fresh();
      await expect(opened.store.write(document, undefined, AbortSignal.abort())).rejects.toMatchObject({
        name: 'AbortError',
      });
      expect(await opened.store.read(document)).toEqual({kind: 'missing'});
    });
  });
}
