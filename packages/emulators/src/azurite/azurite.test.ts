import {expect, test} from 'vitest';
import {startAzurite} from './azurite.ts';

test('two servers in one process answer on ports of their own and stop answering once closed', async () => {
  const first = await startAzurite();
  const second = await startAzurite();
  expect(first.blobEndpoint).not.toBe(second.blobEndpoint);
  for (const server of [first, second]) {
    const answer = await fetch(`${server.blobEndpoint}?comp=list`);
    expect(answer.status).toBe(403); // an anonymous request, refused by a server that is up
    await answer.text();
    await server.close();
    await expect(fetch(`${server.blobEndpoint}?comp=list`)).rejects.toThrow('fetch failed');
  }
});
