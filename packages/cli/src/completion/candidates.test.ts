import {expect, test} from 'vitest';
import {candidatesFor} from './candidates.ts';
import type {CommandNode, CommandTree, ValueNode} from './command-tree.ts';

const text: ValueNode = {words: [], isFile: false};
const leaf: CommandNode = {
  name: '',
  about: '',
  options: [],
  arguments: [],
  commands: [],
  takesConfigFlags: false,
};
const run: CommandNode = {
  ...leaf,
  name: 'run',
  options: [
    {flag: '--config', about: 'a file', value: {words: [], isFile: true}},
    {flag: '--format', about: '', value: {words: ['json', 'csv'], isFile: false}},
    {flag: '--count', about: '', value: text},
    {flag: '--json', about: ''},
  ],
  takesConfigFlags: true,
};
const list: CommandNode = {...leaf, name: 'list', about: 'one line for each'};
const show: CommandNode = {...leaf, name: 'show', arguments: [{words: ['all'], isFile: true}, text]};
const tree: CommandTree = {
  root: {...leaf, name: 'weir', commands: [run, {...leaf, name: 'letters', commands: [list, show]}]},
  configFlags: [
    {flag: '--join.deadline', about: '', value: text},
    {flag: '--join.settle', about: '', value: text},
    {flag: '--log.level', about: '', value: {words: ['debug', 'info'], isFile: false}},
  ],
};

function textsFor(...words: string[]): string[] {
  return candidatesFor(words, tree).words.map((word) => word.text);
}

test.each<[string[], string[]]>([
  [[''], ['run', 'letters']],
  [['r'], ['run']],
  [
    ['letters', ''],
    ['list', 'show'],
  ],
  [['letters', 'x', ''], []],
  [['run', ''], []],
  [
    ['run', '--'],
    ['--config', '--format', '--count', '--json'],
  ],
  [
    ['run', '--json', '--format=csv', '--c'],
    ['--config', '--count'],
  ],
  [
    ['run', '--format', ''],
    ['json', 'csv'],
  ],
  [['run', '--format', 'c'], ['csv']],
  [['run', '--format=c'], ['csv']],
  [['run', '--count', '--f'], []],
  [['run', '--', '--f'], []],
  [['letters', '--j'], []],
  [['letters', 'show', 'a'], ['all']],
  [['letters', 'show', 'all', ''], []],
])('behind %j come %j', (words, texts) => {
  expect(textsFor(...words)).toEqual(texts);
});

test('keys of the configuration come once nothing else begins so', () => {
  expect(textsFor('run', '--jo')).toEqual(['--join.deadline', '--join.settle']);
  expect(textsFor('run', '--j')).toEqual(['--json']);
  expect(textsFor('run', '--log.level', 'd')).toEqual(['debug']);
  expect(textsFor('run', '--log.level=d')).toEqual(['debug']);
});

test('files are offered where one is named, with and without a sign of equality', () => {
  expect(candidatesFor(['run', '--config', 'w'], tree).files).toBe(true);
  expect(candidatesFor(['run', '--config=w'], tree).files).toBe(true);
  expect(candidatesFor(['letters', 'show', 'w'], tree).files).toBe(true);
  expect(candidatesFor(['run', '--count', 'w'], tree).files).toBe(false);
});
