import {testSeeds} from './test-seeds.ts';

testSeeds({from: 1_000_000, runs: 1_050});
