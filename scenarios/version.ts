// The tool's name and version, as data: it stands in every result. A test holds it equal to package.json.

export const TOOL = Object.freeze({ name: 'squall', version: '0.1.0' });
