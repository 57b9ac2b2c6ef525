import assert from 'node:assert/strict';
import {randomBytes} from 'node:crypto';
import {createRequire} from 'node:module';

/** A start takes some 100 ms; past this something is wrong and waiting longer does not help. */
export const azuriteStartMsMax = 15_000;
/** Bodies of all blobs, replaced ones included until the ten-minute clean-up; a write past it is refused. */
export const azuriteMemoryBytesMax = 1024 * 1024 * 1024;

/** Azurite's fixed development account: https://learn.microsoft.com/azure/storage/common/storage-use-azurite. */
const account = 'devstoreaccount1';
const accountKey = 'Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==';

/** A blob service on loopback that keeps nothing after `close`. */
export interface Azurite {
  /** `http://127.0.0.1:<port>/devstoreaccount1`. */
  readonly blobEndpoint: string;
  readonly connectionString: string;
  close(): Promise<void>;
}

/** The part of Azurite that is used; the package has no types. */
interface BlobServer {
  start(): Promise<void>;
  close(): Promise<void>;
  getHttpServerAddress(): string;
}
type Constructor<T> = new (...args: unknown[]) => T;

const require = createRequire(import.meta.url);

/**
 * Starts the blob part of Azurite inside this process, in memory, on a free port of 127.0.0.1 (or on `port`).
 * For development and tests only: the account key is public. Throws when it is not up within `azuriteStartMsMax`.
 */
export async function startAzurite(options: {port?: number} = {}): Promise<Azurite> {
  const server = createBlobServer(options.port ?? 0);
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(
      () => reject(new Error(`Azurite did not start within ${azuriteStartMsMax} ms.`)),
      azuriteStartMsMax,
    );
  });
  try {
    await Promise.race([server.start(), late]);
  } finally {
    clearTimeout(timer);
  }
  const blobEndpoint = `${server.getHttpServerAddress()}/${account}`;
  return {
    blobEndpoint,
    connectionString:
      `DefaultEndpointsProtocol=http;AccountName=${account};AccountKey=${accountKey};` +
      `BlobEndpoint=${blobEndpoint};`,
    close: () => server.close(),
  };
}

function createBlobServer(port: number): BlobServer {
  // The package's entry point starts all three services from the command line; these are the classes behind it.
  const configurations: {
    default: Constructor<object>;
  } = require('azurite/dist/src/blob/BlobConfiguration.js');
  const servers: {default: Constructor<BlobServer>} = require('azurite/dist/src/blob/BlobServer.js');
  const memory: {
    MemoryExtentChunkStore: Constructor<object>;
  } = require('azurite/dist/src/common/persistence/MemoryExtentStore.js');
  assert(memory.MemoryExtentChunkStore !== undefined, 'Azurite has moved its memory store');
  // Databases in memory still need names; two servers in one process must not share them.
  const name = randomBytes(6).toString('hex');
  const configuration = new configurations.default(
    '127.0.0.1',
    port,
    5, // keep-alive, s
    `${name}.json`,
    `${name}-extents.json`,
    [],
    false, // access log
    undefined,
    false, // debug log
    undefined,
    false, // loose
    true, // skip the API version check: the SDK is allowed to be newer
    '',
    '',
    '',
    undefined,
    false,
    true, // in memory
    new memory.MemoryExtentChunkStore(azuriteMemoryBytesMax),
  );
  return new servers.default(configuration);
}
