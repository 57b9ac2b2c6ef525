/** Shows what /api/status and /api/regions say. Text is only ever set as text, so nothing in it becomes markup. */

const refreshMs = 2_000;
const answerWithinMs = 5_000;

const whole = new Intl.NumberFormat('en-US', {maximumFractionDigits: 0});
const compact = new Intl.NumberFormat('en-US', {notation: 'compact', maximumFractionDigits: 1});
const percent = new Intl.NumberFormat('en-US', {style: 'percent', maximumFractionDigits: 0});
const clock = new Intl.DateTimeFormat('en-GB', {
  hour: '2-digit',
  minute: '2-digit',
  second: '2-digit',
  timeZone: 'UTC',
});
const minute = new Intl.DateTimeFormat('en-GB', {hour: '2-digit', minute: '2-digit', timeZone: 'UTC'});

/** How good a partition's state is. */
const stateLooks = {
  reading: 'good',
  recovering: 'warn',
  starting: 'warn',
  draining: 'warn',
  paused: 'warn',
  stopped: 'bad',
};

/** For what is not known. */
const unknown = '–';

function shown(value, format) {
  return value === undefined || value === null ? unknown : format(value);
}

function count(value) {
  return Math.abs(value) >= 100_000 ? compact.format(value) : whole.format(value);
}

function seconds(value) {
  if (value < 10) return `${value.toFixed(1)} s`;
  if (value < 120) return `${whole.format(value)} s`;
  return value < 7_200 ? `${whole.format(value / 60)} min` : `${(value / 3_600).toFixed(1)} h`;
}

function milliseconds(value) {
  return value < 10_000 ? `${whole.format(value)} ms` : `${(value / 1_000).toFixed(1)} s`;
}

function time(value, format = clock) {
  const date = new Date(value);
  return Number.isNaN(date.getTime()) ? unknown : format.format(date);
}

function byId(id) {
  return document.getElementById(id);
}

function element(name, text, className = '') {
  const made = document.createElement(name);
  made.textContent = text;
  if (className !== '') made.className = className;
  return made;
}

function number(text) {
  return element('td', text, 'number');
}

function rowHeader(text) {
  const header = element('th', text);
  header.scope = 'row';
  return header;
}

function fillTable(id, rows, cellsOf) {
  const table = byId(id);
  table.tBodies[0].replaceChildren(
    ...rows.map((row) => {
      const line = document.createElement('tr');
      line.append(...cellsOf(row));
      return line;
    }),
  );
  table.parentElement.hidden = rows.length === 0;
  byId(`${id}-empty`).hidden = rows.length !== 0;
}

function fillFigures(id, figures) {
  byId(id).replaceChildren(
    ...figures.map(([name, value]) => {
      const figure = document.createElement('div');
      figure.append(element('dt', name), element('dd', value));
      return figure;
    }),
  );
}

function showTroubles(troubles) {
  const items = troubles.map(({since, sentence}) => {
    const item = element('li', `${sentence} `);
    if (since !== undefined) item.append(element('time', `since ${time(since)}`));
    return item;
  });
  byId('troubles')
    .querySelector('ul')
    .replaceChildren(...items);
  byId('troubles').hidden = troubles.length === 0;
}

function showHealth({live, ready, sentence}) {
  const badge = byId('health');
  badge.textContent = live ? (ready ? 'Ready' : 'Not ready') : 'Failed';
  badge.className = `badge ${live ? (ready ? 'good' : 'warn') : 'bad'}`;
  badge.title = sentence;
}

function showJoin(join) {
  const ended = join.matched + join.unmatched;
  fillFigures('join', [
    ['Waiting', count(join.waiting)],
    ['Matched', count(join.matched)],
    ['Unmatched', count(join.unmatched)],
    ['Queries', count(join.queries)],
    ['Feed lag', join.feed === 'off' ? 'off' : shown(join.feedLagSeconds, seconds)],
  ]);
  const share = ended === 0 ? 0 : join.matched / ended;
  byId('share-matched').setAttribute('width', String(share * 100));
  byId('share-text').textContent =
    `${percent.format(share)} of the events that are through the join matched.`;
  byId('share').hidden = ended === 0;
}

function showStatus(status) {
  byId('subtitle').textContent =
    `${status.version}, started ${status.started.slice(0, 10)} ${time(status.started)} UTC. ${status.health.sentence}`;
  showHealth(status.health);
  showTroubles(status.troubles);
  showJoin(status.join);
  fillFigures('output', [
    ['Writes', count(status.output.writes)],
    ['Throttled', count(status.output.throttles)],
    ['Request units', count(status.output.requestUnits)],
    ['At a time', shown(status.output.concurrency, count)],
  ]);
  fillTable('partitions', status.partitions, (partition) => {
    const state = document.createElement('td');
    state.append(element('span', partition.state, `state ${stateLooks[partition.state] ?? ''}`));
    return [
      rowHeader(partition.id),
      state,
      number(shown(partition.lagSeconds, seconds)),
      number(count(partition.waiting)),
      number(count(partition.open)),
      number(shown(partition.head, (value) => whole.format(value))),
      number(shown(partition.frontier, (value) => whole.format(value))),
      element('td', shown(partition.watermark, time)),
    ];
  });
}

function showRegions(regions) {
  fillTable('regions', regions, (row) => [
    rowHeader(row.region),
    element('td', time(row.windowStart, minute)),
    number(count(row.requests)),
    number(count(row.tokens)),
    number(shown(row.p50Ms, milliseconds)),
    number(shown(row.p95Ms, milliseconds)),
    number(shown(row.p99Ms, milliseconds)),
    number(shown(row.streamingShare, (value) => percent.format(value))),
    number(count(row.matched)),
    number(count(row.unmatched)),
  ]);
}

async function ask(path) {
  const response = await fetch(path, {signal: AbortSignal.timeout(answerWithinMs)});
  if (!response.ok) throw new Error(`${path} answered ${response.status}.`);
  return response.json();
}

async function refresh() {
  try {
    const [status, regions] = await Promise.all([ask('/api/status'), ask('/api/regions')]);
    showStatus(status);
    showRegions(regions);
    byId('updated').textContent = `Updated ${clock.format(new Date())} UTC; times are UTC.`;
  } catch (error) {
    // The figures on the page stay, and are said to be old.
    showHealth({live: false, ready: false, sentence: String(error)});
    showTroubles([{sentence: 'The worker does not answer; what stands below is from before.'}]);
  }
}

/** One refresh at a time; none while nobody looks. */
async function run() {
  if (!document.hidden) await refresh();
  setTimeout(() => void run(), refreshMs);
}

void run();
