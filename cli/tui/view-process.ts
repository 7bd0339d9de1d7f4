// The live view's process: forked by a command, with the command's terminal. It must not know how a run goes.

import { App, tabsOf } from './components/app.ts';
import { serveView } from './view.ts';

serveView({ App, tabsOf });
