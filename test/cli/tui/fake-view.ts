// A view's program that draws nothing, and behaves as the scenario's name in its title says.
import type { FromView, ToView } from '../../../cli/tui/messages.ts';

const tell = (message: FromView): void => void process.send!(message);
let way = '';
let asked = 0;

process.on('disconnect', () => undefined);
process.on('message', (message: ToView) => {
  if (message.kind === 'open') {
    way = message.title.scenario;
    if (way === 'dies') {
      process.exitCode = 3;
      process.disconnect();
      return;
    }
    if (way !== 'silent') tell({ kind: 'next', tab: 'devices' });
    // Keeps a process that hears nothing.
    if (way === 'stubborn') setInterval(() => undefined, 1000);
  } else if (message.kind === 'frame') {
    asked += 1;
    if (asked < 3) tell({ kind: 'next', tab: 'findings' });
    else if (asked === 3) tell({ kind: 'wish', wish: 'quit' });
  } else if (way !== 'stubborn') {
    if (message.kind === 'end') tell({ kind: 'ended' });
    process.disconnect();
  }
});
