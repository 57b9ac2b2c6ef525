import {testSeeds} from './test-seeds.ts';

testSeeds({from: 1_002_000, runs: 1_050});
