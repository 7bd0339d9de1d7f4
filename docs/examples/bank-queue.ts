// A bank with one counter. Customers come at random, wait in line, and some lose patience before it is their turn.
// Shown in minutes; the clock counts microseconds.
import { exponentialUs, type Routine, Signal, Simulation, TIMED_OUT } from 'squall/sim';

const MINUTE_US = 60_000_000;
const minutes = (us: number) => (us / MINUTE_US).toFixed(2).padStart(5);
const sim = new Simulation({ seed: 'bank' });
const arrivals = sim.streams.stream('arrivals');
const line: Signal[] = [];
let counterIsFree = true;

const customer: Routine = function* customer(self) {
  const own = sim.streams.stream(self.name); // nobody else's draws change these
  const tell = (what: string) => console.log(`${minutes(sim.nowUs)}  ${self.name} ${what}`);
  const cameUs = sim.nowUs;
  tell(`comes, ${line.length} in line`);
  if (!counterIsFree) {
    const turn = new Signal();
    line.push(turn);
    if ((yield self.wait(turn, own.integer(1, 12) * MINUTE_US)) === TIMED_OUT) {
      line.splice(line.indexOf(turn), 1);
      return tell('has had enough and leaves');
    }
  }
  counterIsFree = false;
  tell(`is served after ${minutes(sim.nowUs - cameUs)} minutes`);
  yield self.sleep(exponentialUs(own, 5 * MINUTE_US));
  tell('is done');
  if (line.length === 0) counterIsFree = true;
  else line.shift()!.fire();
};

sim.spawn('door', function* door(self) {
  for (let number = 1; number <= 8; number++) {
    sim.spawn(`customer ${number}`, customer);
    yield self.sleep(exponentialUs(arrivals, 4 * MINUTE_US));
  }
});
sim.run();
