// Saves a number of results as one process of several: `node saving-process.ts <folder> <seed prefix> <count>`.
import { saveResult } from '../../../cli/history/save.ts';
import { recordedResult } from '../recorded-result.ts';

const [folder = '', prefix = '', count = '0'] = process.argv.slice(2);
for (let index = 0; index < Number(count); index++) {
  saveResult(recordedResult({ seed: `${prefix}${index}` }), { text: () => undefined }, { cwd: folder, env: {} });
}
