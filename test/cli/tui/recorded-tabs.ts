// Frames of real runs as they were recorded, for the tests of the views beside the overview: a light load in its hold with a
// threshold that is crossed, a storm with faults, and what tests make of them. Plain data.

import type { HuntFrame, HuntTitle, RunFrame, RunTitle } from '../../../cli/tui/messages.ts';
import type {
  DeviceRow,
  DeviceState,
  FindingNews,
  OperationHistogram,
  RunSnapshot,
} from '../../../scenarios/watch/snapshot.ts';

/** A load on the model of a relay. */
export const LIGHT_TITLE: RunTitle = {
  kind: 'run',
  scenario: 'sync-relay',
  profile: 'light',
  seed: '42',
  side: 'model',
  clock: 'virtual',
  documents: 'lww',
  faults: 'none',
  users: 100,
  devices: 200,
};

/** A storm of five devices with faults. */
export const STORM_TITLE: RunTitle = {
  ...LIGHT_TITLE,
  scenario: 'crdt-conflicts',
  profile: 'storm',
  seed: '7',
  faults: 'chaos',
  users: 5,
  devices: 5,
};

/** A storm whose names are wide, and hold what a terminal would act upon. */
export const WIDE_TITLE: RunTitle = {
  kind: 'run',
  scenario: '家計簿の同期-🧾-crdt-conflicts',
  profile: '嵐',
  seed: '種-1f3a\u001b[31m',
  side: 'http://localhost:8787',
  clock: 'virtual',
  documents: './ドキュメント.js',
  faults: 'rough',
  users: 972,
  devices: 1945,
};

export const HUNT_TITLE: HuntTitle = {
  kind: 'hunt',
  scenario: 'crdt-conflicts',
  profile: 'storm',
  seeds: '1-5000',
  side: 'model',
  documents: 'lww',
  faults: 'rough',
  workers: 2,
  findingsMax: 10,
};

const DISTRIBUTIONS: readonly OperationHistogram[] = [
  distribution(
    'requests',
    [
      22.288, 23.376, 1, 23.376, 24.544, 1, 24.544, 25.744, 2, 25.744, 27.024, 5, 27.024, 28.352, 16, 28.352, 29.76, 28,
      29.76, 31.232, 32, 31.232, 32.768, 70, 32.768, 34.368, 109, 34.368, 36.096, 148, 36.096, 37.856, 206, 37.856,
      39.744, 286, 39.744, 41.696, 418, 41.696, 43.744, 481, 43.744, 45.92, 637, 45.92, 48.192, 757, 48.192, 50.56, 889,
      50.56, 53.056, 952, 53.056, 55.68, 972, 55.68, 58.432, 1035, 58.432, 61.344, 1026, 61.344, 64.352, 951, 64.352,
      67.52, 872, 67.52, 70.848, 756, 70.848, 74.368, 683, 74.368, 78.016, 541, 78.016, 81.92, 431, 81.92, 85.952, 330,
      85.952, 90.176, 250, 90.176, 94.656, 166, 94.656, 99.328, 118, 99.328, 104.256, 77, 104.256, 109.376, 51, 109.376,
      114.816, 35, 114.816, 120.448, 11, 120.448, 126.4, 10, 126.4, 132.608, 2, 132.608, 139.136, 3, 139.136, 146.048,
      0, 146.048, 153.344, 1,
    ],
  ),
  distribution(
    'push_response_time',
    [
      22.288, 23.376, 1, 23.376, 24.544, 0, 24.544, 25.744, 1, 25.744, 27.024, 2, 27.024, 28.352, 6, 28.352, 29.76, 10,
      29.76, 31.232, 7, 31.232, 32.768, 25, 32.768, 34.368, 25, 34.368, 36.096, 50, 36.096, 37.856, 60, 37.856, 39.744,
      88, 39.744, 41.696, 132, 41.696, 43.744, 159, 43.744, 45.92, 204, 45.92, 48.192, 256, 48.192, 50.56, 297, 50.56,
      53.056, 335, 53.056, 55.68, 343, 55.68, 58.432, 374, 58.432, 61.344, 392, 61.344, 64.352, 330, 64.352, 67.52, 313,
      67.52, 70.848, 282, 70.848, 74.368, 230, 74.368, 78.016, 193, 78.016, 81.92, 163, 81.92, 85.952, 124, 85.952,
      90.176, 93, 90.176, 94.656, 54, 94.656, 99.328, 44, 99.328, 104.256, 29, 104.256, 109.376, 21, 109.376, 114.816,
      16, 114.816, 120.448, 2, 120.448, 126.4, 5, 126.4, 132.608, 1, 132.608, 139.136, 1, 139.136, 146.048, 0, 146.048,
      153.344, 1,
    ],
  ),
  distribution(
    'pull_response_time',
    [
      23.424, 24.464, 1, 24.464, 25.568, 1, 25.568, 26.704, 2, 26.704, 27.904, 9, 27.904, 29.152, 10, 29.152, 30.464,
      20, 30.464, 31.824, 36, 31.824, 33.248, 45, 33.248, 34.72, 82, 34.72, 36.288, 90, 36.288, 37.92, 136, 37.92,
      39.616, 184, 39.616, 41.376, 250, 41.376, 43.232, 280, 43.232, 45.184, 381, 45.184, 47.2, 439, 47.2, 49.312, 488,
      49.312, 51.52, 571, 51.52, 53.856, 550, 53.856, 56.256, 575, 56.256, 58.784, 612, 58.784, 61.408, 554, 61.408,
      64.16, 572, 64.16, 67.008, 515, 67.008, 70.016, 447, 70.016, 73.152, 423, 73.152, 76.416, 362, 76.416, 79.872,
      257, 79.872, 83.456, 215, 83.456, 87.168, 172, 87.168, 91.072, 138, 91.072, 95.168, 97, 95.168, 99.456, 63,
      99.456, 103.872, 45, 103.872, 108.544, 30, 108.544, 113.408, 16, 113.408, 118.464, 11, 118.464, 123.776, 6,
      123.776, 129.344, 3, 129.344, 135.168, 2,
    ],
  ),
  distribution(
    'sync_latency',
    [
      40.576, 42.976, 5, 42.976, 45.536, 0, 45.536, 48.256, 10, 48.256, 51.136, 10, 51.136, 54.208, 7, 54.208, 57.44,
      29, 57.44, 60.864, 21, 60.864, 64.48, 29, 64.48, 68.352, 15, 68.352, 72.384, 43, 72.384, 76.736, 50, 76.736,
      81.28, 46, 81.28, 86.144, 70, 86.144, 91.328, 59, 91.328, 96.768, 17, 96.768, 102.528, 59, 102.528, 108.672, 42,
      108.672, 115.136, 33, 115.136, 121.984, 37, 121.984, 129.28, 64, 129.28, 136.96, 37, 136.96, 145.152, 25, 145.152,
      153.856, 13, 153.856, 162.944, 4, 162.944, 172.672, 4, 172.672, 183.04, 17, 183.04, 193.92, 92, 193.92, 205.568,
      283, 205.568, 217.856, 653, 217.856, 230.784, 1133, 230.784, 244.608, 1330, 244.608, 259.2, 1689, 259.2, 274.688,
      2031, 274.688, 291.072, 2073, 291.072, 308.224, 1887, 308.224, 326.656, 1254, 326.656, 346.368, 487, 346.368,
      366.848, 150, 366.848, 388.864, 31, 388.864, 412.16, 5,
    ],
  ),
  distribution(
    'operation_response_time',
    [
      22.288, 23.376, 1, 23.376, 24.544, 1, 24.544, 25.744, 1, 25.744, 27.024, 3, 27.024, 28.352, 8, 28.352, 29.76, 17,
      29.76, 31.232, 19, 31.232, 32.768, 47, 32.768, 34.368, 77, 34.368, 36.096, 92, 36.096, 37.856, 129, 37.856,
      39.744, 192, 39.744, 41.696, 255, 41.696, 43.744, 303, 43.744, 45.92, 399, 45.92, 48.192, 483, 48.192, 50.56, 561,
      50.56, 53.056, 636, 53.056, 55.68, 624, 55.68, 58.432, 680, 58.432, 61.344, 687, 61.344, 64.352, 622, 64.352,
      67.52, 559, 67.52, 70.848, 499, 70.848, 74.368, 438, 74.368, 78.016, 345, 78.016, 81.92, 297, 81.92, 85.952, 218,
      85.952, 90.176, 165, 90.176, 94.656, 101, 94.656, 99.328, 75, 99.328, 104.256, 45, 104.256, 109.376, 38, 109.376,
      114.816, 25, 114.816, 120.448, 10, 120.448, 126.4, 7, 126.4, 132.608, 1, 132.608, 139.136, 2, 139.136, 146.048, 0,
      146.048, 153.344, 2,
    ],
  ),
];

const DEVICES: readonly DeviceRow[] = (
  [
    [142, 'ledger-0000000000000047', 'online', 0, 18, 0],
    [60, 'ledger-000000000000001e', 'online', 0, 14, 0],
    [198, 'ledger-0000000000000063', 'online', 0, 14, 0],
    [108, 'ledger-0000000000000036', 'online', 3, 11, 0],
    [8, 'ledger-0000000000000004', 'online', 0, 10, 0],
    [192, 'ledger-0000000000000060', 'online', 1, 9, 0],
    [22, 'ledger-000000000000000b', 'online', 4, 8, 0],
    [20, 'ledger-000000000000000a', 'online', 0, 8, 0],
    [110, 'ledger-0000000000000037', 'online', 0, 8, 0],
    [146, 'ledger-0000000000000049', 'online', 0, 8, 0],
    [28, 'ledger-000000000000000e', 'online', 0, 7, 0],
    [132, 'ledger-0000000000000042', 'online', 0, 7, 0],
    [152, 'ledger-000000000000004c', 'online', 0, 7, 0],
    [56, 'ledger-000000000000001c', 'online', 0, 6, 0],
    [57, 'ledger-000000000000001c', 'online', 0, 6, 0],
    [150, 'ledger-000000000000004b', 'online', 5, 5, 0],
    [136, 'ledger-0000000000000044', 'online', 1, 5, 0],
    [6, 'ledger-0000000000000003', 'online', 0, 5, 0],
    [21, 'ledger-000000000000000a', 'online', 0, 5, 0],
    [82, 'ledger-0000000000000029', 'online', 0, 5, 0],
    [102, 'ledger-0000000000000033', 'online', 0, 5, 0],
    [103, 'ledger-0000000000000033', 'online', 0, 5, 0],
    [120, 'ledger-000000000000003c', 'online', 0, 5, 0],
    [121, 'ledger-000000000000003c', 'online', 0, 5, 0],
    [151, 'ledger-000000000000004b', 'online', 0, 5, 0],
    [154, 'ledger-000000000000004d', 'online', 0, 5, 0],
    [180, 'ledger-000000000000005a', 'online', 0, 5, 0],
    [193, 'ledger-0000000000000060', 'online', 0, 5, 0],
    [118, 'ledger-000000000000003b', 'online', 4, 4, 0],
    [10, 'ledger-0000000000000005', 'online', 0, 4, 0],
    [12, 'ledger-0000000000000006', 'online', 0, 4, 0],
    [13, 'ledger-0000000000000006', 'online', 0, 4, 0],
    [18, 'ledger-0000000000000009', 'online', 0, 4, 0],
    [23, 'ledger-000000000000000b', 'online', 0, 4, 0],
    [40, 'ledger-0000000000000014', 'online', 0, 4, 0],
    [54, 'ledger-000000000000001b', 'online', 0, 4, 0],
    [55, 'ledger-000000000000001b', 'online', 0, 4, 0],
    [92, 'ledger-000000000000002e', 'online', 0, 4, 0],
    [93, 'ledger-000000000000002e', 'online', 0, 4, 0],
    [111, 'ledger-0000000000000037', 'online', 0, 4, 0],
    [117, 'ledger-000000000000003a', 'online', 0, 4, 0],
    [119, 'ledger-000000000000003b', 'online', 0, 4, 0],
    [124, 'ledger-000000000000003e', 'online', 0, 4, 0],
    [155, 'ledger-000000000000004d', 'online', 0, 4, 0],
    [157, 'ledger-000000000000004e', 'online', 0, 4, 0],
  ] satisfies readonly [number, string, DeviceState, number, number | null, number][]
).map(([device, ledger, state, outbox, behind, incarnation]) => ({
  device,
  ledger,
  state,
  outbox,
  behind,
  incarnation,
}));

const LIGHT_SNAPSHOT: RunSnapshot = {
  atUs: 30000000,
  endUs: 60000000,
  phase: 'hold',
  events: 67220,
  thresholds: [
    { metric: 'requests', expression: 'p(95)<80', value: 86.911, ok: false },
    { metric: 'requests', expression: 'p(99)<2000', value: 102.527, ok: true },
    { metric: 'requests_failed', expression: 'rate<0.05', value: 0, ok: true },
    { metric: 'push_success_rate', expression: 'rate>0.95', value: 1, ok: true },
    { metric: 'pull_success_rate', expression: 'rate>0.95', value: 1, ok: true },
    { metric: 'push_response_time', expression: 'p(95)<500', value: 87.615, ok: true },
    { metric: 'push_response_time', expression: 'p(99)<1000', value: 104.767, ok: true },
    { metric: 'pull_response_time', expression: 'p(95)<500', value: 86.591, ok: true },
    { metric: 'pull_response_time', expression: 'p(99)<1000', value: 101.503, ok: true },
  ],
  series: {
    windowUs: 500000,
    p50Ms: [],
    p99Ms: [],
    faults: {},
    requestsPerSecond: [426, 530, 478, 496, 476, 506, 458, 490],
    p95Ms: [90.367, 85.311, 84.799, 91.263, 91.071, 86.271, 88.511, 86.079],
    errorsPerSecond: [0, 0, 0, 0, 0, 0, 0, 0],
    outstandingConflicts: [0, 0, 0, 0, 0, 0, 0, 0],
    relayQueue: [0, 0, 0, 0, 0, 0, 0, 0],
    relayUse: [0.020739, 0.0249605, 0.02181275, 0.02322875, 0.021912125, 0.021243875, 0.0199645, 0.02208475],
  },
  conflicts: { concurrentEdits: 0, resolved: 0, outstanding: 0, lagP95Ms: null },
  devices: { total: 200, online: 200, offline: 0, partitioned: 0, suspended: 0, crashed: 0 },
  relay: { queued: 0, busy: 0, workers: 16, isModelled: true },
  faults: { fired: {}, latest: [] },
  findings: [],
  operations: [
    {
      metric: 'requests',
      count: 13359,
      perSecond: 445.3,
      p50: 57.535,
      p90: 79.167,
      p95: 86.911,
      p99: 102.527,
      max: 153.246,
      errorRate: 0,
      limits: [
        { metric: 'requests', of: 'p95', expression: 'p(95)<80', limit: 80, ok: false },
        { metric: 'requests', of: 'p99', expression: 'p(99)<2000', limit: 2000, ok: true },
        { metric: 'requests_failed', of: 'errorRate', expression: 'rate<0.05', limit: 0.05, ok: true },
      ],
    },
    {
      metric: 'push_response_time',
      count: 4669,
      perSecond: 155.63333333333333,
      p50: 58.175,
      p90: 79.679,
      p95: 87.615,
      p99: 104.767,
      max: 153.246,
      errorRate: 0,
      limits: [
        { metric: 'push_success_rate', of: 'errorRate', expression: 'rate>0.95', limit: 0.05, ok: true },
        { metric: 'push_response_time', of: 'p95', expression: 'p(95)<500', limit: 500, ok: true },
        { metric: 'push_response_time', of: 'p99', expression: 'p(99)<1000', limit: 1000, ok: true },
      ],
    },
    {
      metric: 'pull_response_time',
      count: 8690,
      perSecond: 289.6666666666667,
      p50: 57.119,
      p90: 78.911,
      p95: 86.591,
      p99: 101.503,
      max: 135.049,
      errorRate: 0,
      limits: [
        { metric: 'pull_success_rate', of: 'errorRate', expression: 'rate>0.95', limit: 0.05, ok: true },
        { metric: 'pull_response_time', of: 'p95', expression: 'p(95)<500', limit: 500, ok: true },
        { metric: 'pull_response_time', of: 'p99', expression: 'p(99)<1000', limit: 1000, ok: true },
      ],
    },
    {
      metric: 'sync_latency',
      count: 13844,
      perSecond: 461.46666666666664,
      p50: 267.007,
      p90: 315.135,
      p95: 325.887,
      p99: 351.743,
      max: 412,
      errorRate: null,
      limits: [],
    },
    {
      metric: 'operation_response_time',
      count: 8664,
      perSecond: 288.8,
      p50: 57.663,
      p90: 79.231,
      p95: 86.975,
      p99: 104.063,
      max: 153.246,
      errorRate: null,
      limits: [],
    },
  ],
  histograms: DISTRIBUTIONS,
  deviceRows: { rows: DEVICES, total: 200 },
};

const STORM_FAULTS: RunSnapshot['faults'] = {
  fired: {
    partition: 5,
    clog: 4,
    latency: 5,
    throttle: 5,
    offline: 2,
    crash: 3,
    'lost-tail': 1,
    backup: 1,
    'duplicate-device': 0,
    suspension: 5,
    eviction: 2,
    'clock-step': 1,
    'relay-crash': 0,
    'commit-crash': 1,
    'slow-store': 3,
    'brown-out': 0,
    'lost-response': 1,
    'rate-limited': 0,
    'server-error': 4,
    failover: 3,
    retention: 0,
    loss: 37,
    duplication: 20,
    reordering: 27,
  },
  latest: [
    { atUs: 885037531, kind: 'latency', device: 1, lengthUs: 8873024 },
    { atUs: 881857535, kind: 'failover', device: -1, lengthUs: 3123311 },
    { atUs: 850698636, kind: 'eviction', device: 0, lengthUs: 18992795 },
    { atUs: 834334828, kind: 'lost-response', device: -1, lengthUs: 2528066 },
    { atUs: 820728793, kind: 'suspension', device: 1, lengthUs: 22024227 },
    { atUs: 812473165, kind: 'lost-tail', device: 2, lengthUs: 4233649 },
    { atUs: 775789585, kind: 'clog', device: 3, lengthUs: 10534524 },
    { atUs: 741744992, kind: 'throttle', device: 4, lengthUs: 7974902 },
    { atUs: 736049776, kind: 'throttle', device: 3, lengthUs: 9953545 },
    { atUs: 729513949, kind: 'throttle', device: 0, lengthUs: 15450154 },
    { atUs: 726718229, kind: 'clog', device: 3, lengthUs: 347540 },
    { atUs: 699409445, kind: 'slow-store', device: -1, lengthUs: 1856344 },
    { atUs: 660752405, kind: 'failover', device: -1, lengthUs: 13493885 },
    { atUs: 614880487, kind: 'offline', device: 4, lengthUs: 32799676 },
    { atUs: 608726804, kind: 'latency', device: 1, lengthUs: 3074535 },
    { atUs: 605805761, kind: 'offline', device: 0, lengthUs: 199203715 },
    { atUs: 602896618, kind: 'suspension', device: 2, lengthUs: 2701297 },
    { atUs: 582011171, kind: 'server-error', device: -1, lengthUs: 3290076 },
    { atUs: 533816224, kind: 'slow-store', device: -1, lengthUs: 3064573 },
    { atUs: 481515773, kind: 'partition', device: 4, lengthUs: 13406569 },
    { atUs: 472754701, kind: 'partition', device: 2, lengthUs: 5847125 },
    { atUs: 442874646, kind: 'commit-crash', device: -1, lengthUs: 7764515 },
    { atUs: 438987880, kind: 'failover', device: -1, lengthUs: 8696778 },
    { atUs: 397067029, kind: 'server-error', device: -1, lengthUs: 11450433 },
    { atUs: 386691604, kind: 'clog', device: 3, lengthUs: 6756216 },
    { atUs: 367570741, kind: 'latency', device: 4, lengthUs: 6894202 },
    { atUs: 366201478, kind: 'crash', device: 1, lengthUs: 1846678 },
    { atUs: 305644877, kind: 'clog', device: 4, lengthUs: 21163414 },
    { atUs: 305471794, kind: 'clock-step', device: 2, lengthUs: 0 },
    { atUs: 300559757, kind: 'eviction', device: 2, lengthUs: 2040694 },
    { atUs: 290993719, kind: 'backup', device: 0, lengthUs: 1844551 },
    { atUs: 234170072, kind: 'crash', device: 4, lengthUs: 2415565 },
  ],
};
const STORM_DEVICES: RunSnapshot['deviceRows'] = {
  rows: [
    { device: 0, ledger: 'ledger-0000000000000000', state: 'online', outbox: 0, behind: 0, incarnation: 3 },
    { device: 1, ledger: 'ledger-0000000000000000', state: 'online', outbox: 0, behind: 0, incarnation: 1 },
    { device: 2, ledger: 'ledger-0000000000000000', state: 'online', outbox: 0, behind: 0, incarnation: 2 },
    { device: 3, ledger: 'ledger-0000000000000000', state: 'online', outbox: 0, behind: 0, incarnation: 0 },
    { device: 4, ledger: 'ledger-0000000000000000', state: 'online', outbox: 0, behind: 0, incarnation: 1 },
  ],
  total: 5,
};

/** In its hold: the p95 of all requests is above its limit. */
export const LIGHT: RunFrame = {
  kind: 'run',
  snapshot: LIGHT_SNAPSHOT,
  elapsedMs: 2140,
  eventsPerSecond: 412_000,
  speed: 14.2,
  leftMs: 2110,
  pace: { canPause: true, isPaused: false, speedMax: null, stepped: [] },
  run: { number: 1, of: 1 },
  verdict: null,
};

/** Paused, after a single step. */
export const STEPPED: RunFrame = {
  ...LIGHT,
  pace: {
    canPause: true,
    isPaused: true,
    speedMax: null,
    stepped: [
      't=29.999871s push a=3 b=17 c=0',
      't=29.999998s send a=3 b=400 c=212',
      't=30.000000s arrive a=0 b=3 c=91',
      't=30.000000s accept a=12 b=18 c=1',
    ],
  },
};

/** The same load when it has ended. */
export const ENDED: RunFrame = {
  ...LIGHT,
  snapshot: { ...LIGHT_SNAPSHOT, phase: 'done', endUs: LIGHT_SNAPSHOT.atUs },
  leftMs: null,
  verdict: 'threshold',
};

/** Under the wall clock nothing can be paused. */
export const WALL: RunFrame = {
  ...LIGHT,
  speed: 1,
  pace: { canPause: false, isPaused: false, speedMax: null, stepped: [] },
};

/** Before anything has happened. */
export const EMPTY: RunFrame = {
  ...LIGHT,
  snapshot: {
    ...LIGHT_SNAPSHOT,
    atUs: 0,
    phase: 'ramp up',
    events: 0,
    operations: [],
    histograms: [],
    deviceRows: { rows: [], total: 0 },
    thresholds: [{ metric: 'requests', expression: 'p(95)<80', value: null, ok: false }],
    devices: { total: 0, online: 0, offline: 0, partitioned: 0, suspended: 0, crashed: 0 },
  },
  leftMs: null,
};

const FINDINGS: readonly FindingNews[] = [
  {
    atUs: 21_402_118,
    oracle: 'lost-edit',
    kind: 'safety',
    signature: 'lost-edit-9c41d07e22b1f650',
    story:
      "device 2 set account-1/name to 'お財布 👛 und Reisekasse' at 18.204s; the relay accepted it at 18.391s and device 4 had it at 19.018s; after the crash of device 2 at 20.77s no device has it, and nobody deleted it",
  },
  {
    atUs: 60_000_000,
    oracle: 'convergence',
    kind: 'safety',
    signature: 'convergence-1f3a77ab02c6d91e',
    story: 'devices 0 and 3 differ in 口座-7/balance: 120 and 95, though both have everything',
  },
];

/** A storm in which oracles have reported two findings. */
export const STORM: RunFrame = {
  ...LIGHT,
  snapshot: {
    ...LIGHT_SNAPSHOT,
    atUs: 900000000,
    endUs: 1200000000,
    phase: 'hold',
    findings: FINDINGS,
    thresholds: [],
    faults: STORM_FAULTS,
    devices: { total: 5, online: 5, offline: 0, partitioned: 0, suspended: 0, crashed: 0 },
    deviceRows: STORM_DEVICES,
  },
  run: { number: 2, of: 2 },
};

/** Ledgers with wide names, devices in every state. */
export const WIDE_DEVICES: RunFrame = {
  ...LIGHT,
  snapshot: {
    ...LIGHT_SNAPSHOT,
    devices: { total: 1945, online: 1941, offline: 1, partitioned: 1, suspended: 1, crashed: 1 },
    deviceRows: {
      total: 1945,
      rows: [
        {
          device: 1204,
          ledger: '家計簿-👨‍👩‍👧-長い名前の台帳-第七',
          state: 'crashed',
          outbox: 12,
          behind: 4031,
          incarnation: 3,
        },
        { device: 7, ledger: 'ledger\u0007-2', state: 'partitioned', outbox: 3, behind: 18, incarnation: 1 },
        { device: 9, ledger: '🧾', state: 'offline', outbox: 0, behind: null, incarnation: 1 },
        { device: 11, ledger: 'ledger-3', state: 'suspended', outbox: 0, behind: 2, incarnation: 2 },
        ...DEVICES,
      ],
    },
  },
};

/** A hunt under way. */
export const HUNT: HuntFrame = {
  kind: 'hunt',
  done: 1834,
  of: 5000,
  share: 0.3668,
  elapsedMs: 5120,
  seedsPerSecond: 372,
  rates: [310, 344, 381, 379, 372],
  leftMs: 8510,
  failedSeeds: 3,
  lostSeeds: 0,
  findings: [
    {
      signature: 'convergence-1f3a77ab02c6d91e',
      oracle: 'convergence',
      kind: 'safety',
      seed: '1f3a',
      seeds: 3,
      state: 'shrinking',
      story: 'convergence: account-1/name',
      file: null,
    },
  ],
  shrinking: [{ signature: 'convergence-1f3a77ab02c6d91e', tries: 41, from: '23 edits', size: '9 edits, 3 devices' }],
  faults: { crash: 40, partition: 12 },
  marks: { 'crash-in-push': 12, 'concurrent-delete': 0 },
  isOver: false,
  isEnding: false,
  verdict: null,
};

function distribution(metric: string, numbers: readonly number[]): OperationHistogram {
  const bars = Array.from({ length: numbers.length / 3 }, (_, at) => ({
    fromMs: numbers[at * 3]!,
    toMs: numbers[at * 3 + 1]!,
    count: numbers[at * 3 + 2]!,
  }));
  return { metric, count: bars.reduce((sum, { count }) => sum + count, 0), bars };
}
