// The version of the relay's program, as data: it stands in `/version` and in the metrics. A test holds it equal to
// package.json. Must not know the protocol's version.

/** As package.json has it. */
export const SERVER_VERSION = '0.1.0';
