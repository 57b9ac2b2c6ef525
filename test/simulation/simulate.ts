import {parseArgs} from 'node:util';
import {planOf} from './plan.ts';
import {simulate} from './run.ts';

const {values} = parseArgs({
  options: {seed: {type: 'string'}, runs: {type: 'string'}, from: {type: 'string'}, trace: {type: 'string'}, keep: {type: 'boolean'}},
});
const first = Number(values.seed ?? values.from ?? 1);
const runs = Number(values.runs ?? 1);
let bad=0, tasks=0; const t=performance.now(); const kinds=new Map<string,number>(); let virt=0;
const tr=new Map<string,number>();
for (let seed=first; seed<first+runs; seed++){
  const r=await simulate(planOf(seed),{traceLines:Number(values.trace??0)});
  tasks+=r.tasks; virt+=r.virtualMs;
  for(const [k,n] of r.troubles) tr.set(k,(tr.get(k)??0)+n);
  if(r.violations.length){bad++; const k=r.violations[0]!.replace(/[0-9a-f]{32}/g,'#').replace(/\d+/g,'N').slice(0,100); if(!kinds.has(k)) process.stdout.write(`seed ${seed}: ${r.violations.slice(0,3).join('\n   ')}\n`); kinds.set(k,(kinds.get(k)??0)+1);}
  if(values.trace) process.stdout.write(r.trace.split('\n').filter(l=>!l.includes('worker paused')).join('\n')+'\n');
}
const s=(performance.now()-t)/1000;
process.stdout.write(`${runs} runs, ${bad} bad, ${(runs/s).toFixed(1)} runs/s, ${(tasks/runs).toFixed(0)} tasks/run, ${(virt/runs/1000).toFixed(0)} s virtual\n${[...kinds].map(([k,n])=>n+' '+k).join('\n')}\n${[...tr].map(([k,n])=>k+' '+n).join(', ')}\n`);
