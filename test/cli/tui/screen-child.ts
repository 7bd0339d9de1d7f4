// A command with a live view whose frames are scripted: ends, fails or hangs in the way that its argument names. Keys reach
// it as wishes: `s` lets happen what is named.
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { Screen } from '../../../cli/tui/screen.ts';
import { scriptedFrame, scriptedOpening, STAND_IN } from './scripted.ts';

const [way = 'none', number = '0'] = process.argv.slice(2);
const wishes: string[] = [];
let frames = 0;

writeFileSync('command.pid', String(process.pid));
if (way === 'hang-deaf') process.on('SIGINT', () => undefined);
console.log('started');

const screen = Screen.open({
  open: scriptedOpening({
    stays: way === 'stay',
    hang: way === 'silent' ? { afterMs: 300, text: 'squall: it hung' } : null,
  }),
  program: STAND_IN,
  frame: () => {
    frames += 1;
    if (way === 'count' && frames === Number(number)) setImmediate(() => void finish());
    return scriptedFrame(frames, 'hold', wishes);
  },
  wish: (wish) => {
    wishes.push(wish);
    if (wish === 'quit') void finish();
    if (wish === 'step') happen();
  },
  isDead: (reason) => {
    const { stdout } = spawnSync('stty', ['-a'], { stdio: ['inherit', 'pipe', 'inherit'], encoding: 'utf8' });
    writeFileSync('dead.txt', stdout);
    console.log(`without a view: ${reason}`);
    void finish();
  },
});

if (way === 'at-once') await finish();

function happen(): void {
  if (way === 'throw') throw new Error('thrown on purpose');
  // oxlint-disable-next-line unicorn/no-process-exit -- as somebody's document might
  if (way === 'exit') process.exit(7);
  if (way === 'log') {
    console.log('logged to output');
    console.error('logged to error');
    process.emitWarning('a warning');
    process.stdout.write('written\n');
  }
  if (way.startsWith('hang') || way === 'silent') for (;;);
}

async function finish(): Promise<void> {
  await screen.end(() => scriptedFrame(frames, 'done', wishes));
  console.log('summary');
}
