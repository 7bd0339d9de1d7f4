#!/usr/bin/env node
// The command `squall`: looks whether this Node can run the rest, before any of the rest is loaded. It must import
// nothing, and be written so that an older Node understands it.

/** As package.json has it under `engines`. */
const NODE_MIN = '22.19';

function isOlder(version: string, least: string): boolean {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const [leastMajor = 0, leastMinor = 0] = least.split('.').map(Number);
  return major < leastMajor || (major === leastMajor && minor < leastMinor);
}

const { node } = process.versions;
if (isOlder(node, NODE_MIN)) {
  process.stderr.write(`squall needs Node ${NODE_MIN} or later; this is ${node}\n`);
  process.exitCode = 2;
} else {
  // Compiled code is kept between runs, beside other temporary files: half of the time in which a command starts.
  process.getBuiltinModule('node:module').enableCompileCache();
  void import('./command-line.ts');
}
