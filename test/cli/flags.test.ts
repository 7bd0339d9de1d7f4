import { describe, expect, it } from 'vitest';
import { flagHelp } from '../../cli/command-flags.ts';
import { parseArguments } from '../../cli/flags.ts';

const parseRunArguments = (args: readonly string[]) => parseArguments('run', args);

/** Layers without the prototype-less groups that parsing makes. */
const layerOf = (...args: string[]) => JSON.parse(JSON.stringify(parseRunArguments(args).layer)) as unknown;

describe('the flags of squall run', () => {
  it('set the keys of the configuration', () => {
    const args = ['sync-relay', '--profile', 'heavy', '--seed=42', '--users', '20', '--duration', '1h30m'];
    const more = [
      '--think-scale',
      '0.5',
      '--documents',
      'lww',
      '--side',
      'model',
      '--clock',
      'virtual',
      '--dialect',
      '1.0',
    ];
    const parsed = parseRunArguments([...args, ...more, '--network', 'lte', '--faults', 'skew']);
    expect(parsed.positionals).toEqual(['sync-relay']);
    expect(JSON.parse(JSON.stringify(parsed.layer))).toEqual({
      profile: 'heavy',
      seed: '42',
      users: 20,
      durationMs: 5_400_000,
      thinkScale: 0.5,
      documents: 'lww',
      side: 'model',
      clock: 'virtual',
      dialect: '1.0',
      network: { name: 'lte' },
      faults: { name: 'skew' },
    });
    expect(parsed.typedAs).toMatchObject({ users: '--users', durationMs: '--duration', 'network.name': '--network' });
  });

  it('may stand before and after the scenario', () => {
    const parsed = parseRunArguments(['--quiet', 'a', '--verbose', '--no-tui', '--check-determinism', '--json', 'x']);
    expect(parsed.positionals).toEqual(['a']);
    expect((['quiet', 'verbose', 'check-determinism'] as const).map((name) => parsed.has(name))).toEqual([
      true,
      true,
      true,
    ]);
    expect(parsed.text('json')).toBe('x');
    expect(parsed.has('help')).toBe(false);
  });

  it('leave numbers that are none to the schema', () => {
    expect(layerOf('--users', 'many', '--think-scale', 'NaN')).toEqual({ users: 'many', thinkScale: 'NaN' });
    expect(layerOf('--users', '-5')).toEqual({ users: -5 });
  });

  it('take a file for profile and faults, and the last of two wins', () => {
    expect(parseRunArguments(['--profile', './mine.json', '--faults', 'f.ts'])).toMatchObject({
      layer: {},
      profileFile: './mine.json',
      faultsFile: 'f.ts',
    });
    const last = parseRunArguments([
      '--profile',
      './mine.json',
      '--profile',
      'light',
      '--faults',
      'skew',
      '--faults',
      'f.ts',
    ]);
    expect(last).toMatchObject({ layer: { profile: 'light' }, profileFile: undefined, faultsFile: 'f.ts' });
    expect(last.layer.faults).toBeUndefined();
  });

  it('are all in the help', () => {
    const help = flagHelp('run').join('\n');
    for (const flag of [
      '--profile',
      '--seed',
      '--users',
      '--duration',
      '--set',
      '--json',
      '--check-determinism',
      '--quiet',
    ]) {
      expect(help).toContain(`  ${flag}`);
    }
  });

  it.each([
    [['--usres', '5'], 'ERR_CONFIG flag: got "--usres", expected a known flag (did you mean --users?)'],
    [['--xyzzyplugh'], 'ERR_CONFIG flag: got "--xyzzyplugh", expected a flag that squall run --help lists'],
    [['-x'], 'ERR_CONFIG flag: got "-x", expected a flag that squall run --help lists'],
    [['--users'], 'ERR_CONFIG --users: got nothing, expected a value'],
    [['--users', '--quiet'], 'ERR_CONFIG --users: got "--quiet", expected a value'],
    [['--quiet=yes'], 'ERR_CONFIG --quiet: got "yes", expected no value'],
    [['a', 'b'], 'ERR_CONFIG argument: got "b", expected nothing more than one scenario'],
    [['--duration', '0s'], 'ERR_CONFIG --duration: got "0s", expected ≥ 1ms: a duration such as 250ms, 30s, 5m, 1h30m'],
    [
      ['--duration', '-5s'],
      'ERR_CONFIG --duration: got "-5s", expected ≥ 1ms: a duration such as 250ms, 30s, 5m, 1h30m',
    ],
    [
      ['--duration', '5 parsecs'],
      'ERR_CONFIG --duration: got "5 parsecs", expected a duration such as 250ms, 30s, 5m, 1h30m',
    ],
    [['--duration', 'NaN'], 'ERR_CONFIG --duration: got "NaN", expected a duration such as 250ms, 30s, 5m, 1h30m'],
    [['--duration='], 'ERR_CONFIG --duration: got "", expected a duration such as 250ms, 30s, 5m, 1h30m'],
    [['--set', 'users'], 'ERR_CONFIG --set: got "users", expected key=value, such as network.latencyMsMean=50'],
    [['--set', '=5'], 'ERR_CONFIG --set: got "=5", expected key=value, such as network.latencyMsMean=50'],
    [['--set', 'a..b=5'], 'ERR_CONFIG --set: got "a..b=5", expected key=value, such as network.latencyMsMean=50'],
  ])('%j is refused', (args, line) => {
    expect(() => parseRunArguments(args)).toThrow(expect.objectContaining({ name: 'InputError', message: line }));
  });
});

describe('--set', () => {
  it('reads JSON where it parses, else text', () => {
    expect(layerOf('--set', 'network.latencyMsMean=50', '--set', 'pools={"light":1}', '--set', 'a.b.c=x=y')).toEqual({
      network: { latencyMsMean: 50 },
      pools: { light: 1 },
      a: { b: { c: 'x=y' } },
    });
  });

  it('keeps the text of keys that are texts', () => {
    expect(layerOf('--set', 'dialect=1.0', '--set', 'seed=007', '--set', 'thresholds.requests=p(95)<=200')).toEqual({
      dialect: '1.0',
      seed: '007',
      thresholds: { requests: 'p(95)<=200' },
    });
    expect(layerOf('--set', 'thresholds.requests=["p(95)<1","count>0"]')).toEqual({
      thresholds: { requests: ['p(95)<1', 'count>0'] },
    });
  });

  it('takes a preset’s name for its group, beside other keys of it', () => {
    expect(layerOf('--set', 'relay=published', '--set', 'relay.workers=2')).toEqual({
      relay: { name: 'published', workers: 2 },
    });
    expect(layerOf('--set', 'relay.name=published')).toEqual({ relay: { name: 'published' } });
    expect(layerOf('--set', 'network=3g', '--set', 'network.lossRate=0.1')).toEqual({
      network: { name: '3g', lossRate: 0.1 },
    });
    expect(layerOf('--set', 'network=5')).toEqual({ network: { name: '5' } });
    expect(layerOf('--set', 'network={"name":"lte"}')).toEqual({ network: { name: 'lte' } });
  });

  it('comes after the flags, wherever it stands, and is named by its key', () => {
    const parsed = parseRunArguments(['--set', 'users=7', '--users', '5', '--set', 'users=8']);
    expect(parsed.layer.users).toBe(8);
    expect(parsed.typedAs['users']).toBeUndefined();
  });

  it('cannot reach a prototype', () => {
    parseRunArguments(['--set', '__proto__.polluted=1', '--set', 'constructor.prototype.polluted=1']);
    expect(({} as { polluted?: number }).polluted).toBeUndefined();
  });
});
