#!/usr/bin/env node
// Plain JavaScript, so that an old Node.js can still read it and say what is missing.
const needed = [22, 18];
const [major, minor] = process.versions.node.split('.').map(Number);
if (major < needed[0] || (major === needed[0] && minor < needed[1])) {
  process.stderr.write(
    `weir needs Node.js ${needed.join('.')} or later; this is ${process.versions.node}. ` +
      'Run it as "npx weir": the repository brings its own Node.js 24.\n',
  );
  process.exit(2);
}
// Half of the start-up is compiling. Where the cache cannot be written nothing is kept and nothing fails. The worker starts
// seldom, and writes no local file.
if (process.argv[2] !== 'run') {
  const {enableCompileCache} = await import('node:module');
  enableCompileCache();
}
const {main} = await import('../src/weir.ts');
await main(process.argv);
