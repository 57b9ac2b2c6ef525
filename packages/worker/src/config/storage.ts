import * as z from 'zod';
import {endpoint, storageConnection} from './endpoints.ts';
import {optionalSetting, setting} from './setting.ts';
import {nameLike} from './values.ts';

/** Where journals, checkpoints and dead letters are kept. */
export const storageSettings = z.object({
  connectionString: optionalSetting(storageConnection(), {
    variable: 'STORAGE_CONNECTION_STRING',
    secret: true,
    about: 'Connection string of the storage account.',
    fallback: 'Entra identity',
  }),
  accountUrl: optionalSetting(endpoint({path: 'allowed', example: 'https://contoso.blob.core.windows.net'}), {
    variable: 'STORAGE_ACCOUNT_URL',
    about: 'Blob endpoint of the account, used with the Entra identity where there is no connection string.',
    fallback: 'from the connection string',
  }),
  container: setting(
    nameLike(/^(?=.{3,63}$)[a-z0-9]+(?:-[a-z0-9]+)*$/, {
      bounds: 'lower-case letters, digits, single `-`; 3 to 63',
      example: 'weir',
    }),
    {
      variable: 'STORAGE_CONTAINER',
      fallback: 'weir',
      about: 'Blob container; it is made at start where the rights allow.',
    },
  ),
});
