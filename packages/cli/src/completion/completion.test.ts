import {expect, test} from 'vitest';
import {runWeir} from '../command-fixture.ts';

test.each(['bash', 'zsh', 'fish', 'powershell'])(
  'the script for %s asks "weir complete --"',
  async (shell) => {
    const {code, stdout, stderr} = await runWeir(['completion', shell]);
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout).toMatch(/complete '?--/);
    expect(stdout).toContain(`${shell} completion`.replace('bash completion', 'Completion of weir for bash'));
  },
);

test('an answer ends with its directives, and asks no service', async () => {
  const {code, stdout, stderr} = await runWeir(['complete', '--', 'completion', 'b']);
  expect([code, stdout, stderr]).toEqual([0, 'bash\t\n:36\n', '']);
});

test('called by hand it is no command', async () => {
  const {code, stderr} = await runWeir(['complete']);
  expect(code).toBe(2);
  expect(stderr).toBe("weir: unknown command 'complete'; did you mean completion?\n");
});
