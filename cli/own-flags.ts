// The flags of commands themselves, beside those of the configuration, and what each is for. It must not know which command
// takes which.

/** A flag of a command itself, rather than of the configuration. */
export interface OwnFlag {
  takesValue: boolean;
  /** What stands for its value in the help. */
  value?: string;
  /** A letter that stands for it. */
  short?: string;
  help: string;
}

export const OWN_FLAGS = {
  seeds: { takesValue: true, value: '<seeds>', help: '1..500, a list 3,7,9, a count 200, or git:<hash>' },
  count: { takesValue: true, value: '<n>', help: 'how many seeds, for git:<hash>; default 500' },
  'max-findings': { takesValue: true, value: '<n>', help: 'stop at so many distinct findings; default 3' },
  for: { takesValue: true, value: '<time>', help: 'real time that it may take, such as 30s or 10m' },
  findings: { takesValue: true, value: '<folder>', help: 'where finding files go' },
  workers: { takesValue: true, value: '<n>', help: 'worker threads; default: as many as there are cores' },
  exact: { takesValue: false, help: 'ask for the same trace hash too, event for event' },
  until: { takesValue: true, value: '<time|event:n>', help: 'stop there, and show each device' },
  trace: { takesValue: false, help: 'print the story: device lanes, one line an event' },
  emit: { takesValue: true, value: '<script|vitest>', help: 'write a file that fails as the finding does' },
  output: { takesValue: true, value: '<file>', short: 'o', help: 'the file to write' },
  set: { takesValue: true, value: '<key=value>', help: 'any key, such as network.latencyMsMean=50; may be repeated' },
  'allow-remote': { takesValue: false, help: 'send requests to a side that is not on this machine' },
  header: {
    takesValue: true,
    value: '<name:value>',
    help: 'with each request to a side at an address; may be repeated',
  },
  port: { takesValue: true, value: '<n>', help: 'default 8787; 0 for one that is free' },
  host: { takesValue: true, value: '<address>', help: 'address to listen on; default 127.0.0.1' },
  store: {
    takesValue: true,
    value: '<store>',
    help: 'sqlite:<file>, sqlite::memory: or postgres://…; default sqlite:relay.db',
  },
  open: { takesValue: false, help: 'ask for no tokens; on a loopback address only' },
  'rate-limit': {
    takesValue: true,
    value: '<n>',
    help: 'requests a minute, of each token and of each address; default 60 (with --open none), 0 for no limit',
  },
  'body-limit': { takesValue: true, value: '<size>', help: 'largest body of a request; default 10MB' },
  'page-size': { takesValue: true, value: '<n>', help: 'changes on one page, 1–100; default 100' },
  region: { takesValue: true, value: '<name>', help: 'what /health and /regions call it; default local' },
  membership: {
    takesValue: true,
    value: '<rule>',
    help: 'whose cursors hold a log back: contact (default), whoever comes; listed, who was put',
  },
  'log-level': {
    takesValue: true,
    value: '<level>',
    help: 'silent, fatal, error, warn, info (default), debug or trace',
  },
  shard: { takesValue: true, value: '<i/n>', help: 'run only the i-th of n parts of the seeds, such as 2/4' },
  known: {
    takesValue: true,
    value: '<file>',
    help: 'signatures that are accepted, with reasons and expiry dates: they warn and do not fail',
  },
  'base-replay': {
    takesValue: true,
    value: '<file>',
    help: 'what squall replay --json said of the same findings on the base: those that it reproduces warn',
  },
  report: {
    takesValue: true,
    value: '<file>',
    help: 'write a report too, by its ending: .html, .md, .xml (JUnit) or .hlog; may be repeated',
  },
  'run-documents': {
    takesValue: false,
    help: 'load the documents of your own that finding files name, to draw what happened in an HTML report',
  },
  otlp: { takesValue: true, value: '<url>', help: 'send the metrics to an OpenTelemetry collector over OTLP/HTTP' },
  perfetto: { takesValue: true, value: '<file>', help: 'write the story as a trace for ui.perfetto.dev' },
  shiviz: { takesValue: true, value: '<file>', help: 'write the story as a log with vector clocks, for ShiViz' },
  save: { takesValue: false, help: 'keep the result in the history' },
  history: { takesValue: true, value: '<file>', help: 'where the history is; default results/history.db' },
  baselines: { takesValue: true, value: '<folder>', help: 'where baselines are; default baselines' },
  base: {
    takesValue: true,
    value: '<folder|url>',
    help: 'under the wall clock: a built checkout, or a relay, to run in turn with this one',
  },
  pairs: {
    takesValue: true,
    value: '<n>',
    help: 'under the wall clock: pairs of runs, at least 5; default: 5, and more up to 20 while noise hides an answer',
  },
  metric: {
    takesValue: true,
    value: '<name>',
    help: 'draw the trend of a figure, such as sync-relay.push_response_time.p95',
  },
  scenario: { takesValue: true, value: '<name>', help: 'only runs of this scenario' },
  last: { takesValue: true, value: '<n>', help: 'only the last n runs; default 50' },
  csv: { takesValue: true, value: '<file>', help: 'write what would be shown as CSV; - is standard output' },
  prune: { takesValue: false, help: 'remove old runs: those beyond --older or --keep' },
  older: { takesValue: true, value: '<time>', help: 'with --prune: older than this, such as 90d' },
  keep: { takesValue: true, value: '<n>', help: 'with --prune: all but the latest n of each scenario and profile' },
  slo: {
    takesValue: true,
    value: '<objective>',
    help: "what must hold, such as 'push_response_time: p(95)<500'; may be repeated, all must hold",
  },
  calibration: {
    takesValue: true,
    value: '<file>',
    help: 'what squall calibrate measured: the modelled relay works as long as that one did',
  },
  most: { takesValue: true, value: '<n>', help: 'most users that are looked at; default 50000' },
  sweep: {
    takesValue: true,
    value: '<key=values>',
    help: 'every point of users=100..20000 and of further keys, such as relay.instances=1,2,4; may be repeated',
  },
  'what-if': { takesValue: true, value: '<name>', help: 'a ready question beside the answer; may be repeated, or all' },
  horizon: { takesValue: true, value: '<time>', help: 'what storage, egress and instances come to, such as 12mo' },
  prices: { takesValue: true, value: '<file>', help: 'prices for --horizon' },
  verify: { takesValue: false, help: 'drive the real relay at a few points, beside what was predicted' },
  arrivals: {
    takesValue: true,
    value: '<file>',
    help: 'a recorded pattern of requests in the place of users: .csv, .ndjson or an access log',
  },
  scale: { takesValue: true, value: '<factor>', help: 'with --arrivals: so many times as many users; default 1' },
  account: { takesValue: true, value: '<device>', help: 'of a token: for the account of a device of protocol 1.0' },
  expires: { takesValue: true, value: '<time>', help: 'of a token: how long it opens, such as 30d; default for ever' },
  config: { takesValue: true, value: '<file>', help: 'configuration file; squall.config.ts is picked up by itself' },
  json: { takesValue: true, value: '<file>', help: 'write the whole result' },
  'check-determinism': { takesValue: false, help: 'run twice and compare event by event' },
  'no-tui': { takesValue: false, help: 'plain lines in the place of the live view' },
  stay: { takesValue: false, help: 'keep the live view open at the end, until it is left by q' },
  quiet: { takesValue: false, help: 'neither configuration nor progress' },
  verbose: { takesValue: false, help: 'print every configuration key' },
  help: { takesValue: false, short: 'h', help: 'this text' },
  version: { takesValue: false, help: 'the version' },
} as const satisfies Record<string, OwnFlag>;
