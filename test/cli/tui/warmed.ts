// A command that starts a view and ends before it opens a screen on it; and that view, which would never end by itself.
import { fileURLToPath } from 'node:url';
import { startView } from '../../../cli/tui/screen.ts';

const VIEW_MS = 60_000;

if (process.send === undefined) {
  startView(false, fileURLToPath(import.meta.url));
} else {
  process.on('disconnect', () => undefined);
  setTimeout(() => undefined, VIEW_MS);
}
