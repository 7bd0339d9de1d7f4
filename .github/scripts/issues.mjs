// One open issue for each signature that a night has found: made, said again, or opened again.
//   node issues.mjs <verdict.json>
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { gh, listed, repository, runUrl, summarize } from './github.mjs';
import { block, bodyOf, code, line, prose } from './text.mjs';

const LABEL = 'squall';
/** A night that breaks everything is one bug, not a hundred. */
const NEW_MAX = 10;

/** Hidden in an issue's body: the signature, in a form that nothing in it can break. */
function markerOf(signature) {
  return `<!-- squall:signature:${createHash('sha256').update(signature).digest('hex').slice(0, 32)} -->`;
}

function textOf(finding, url) {
  return [
    `${code(finding.signature, 500)} (${prose(finding.kind)}, ${prose(finding.oracle)})`,
    '',
    `Found in ${prose(finding.where)}: ${url}`,
    ...(finding.reason ? ['', prose(finding.reason, 1500)] : []),
    '',
    'To see it again (the files of hunts are in the artefact `report`):',
    '',
    block(finding.commands),
    '',
    'To accept it for a while, add its signature to `.github/known.json` with a reason and an expiry date.',
  ].join('\n');
}

function main([file], env) {
  if (file === undefined) throw new Error('expected <verdict.json>');
  const { findings } = JSON.parse(readFileSync(file, 'utf8'));
  const repo = repository(env);
  const bySignature = new Map();
  for (const finding of findings) {
    if (finding.fails && !bySignature.has(finding.signature)) bySignature.set(finding.signature, finding);
  }
  if (bySignature.size === 0) return process.stdout.write('nothing new was found\n');

  const known = listed(
    `repos/${repo}/issues?labels=${LABEL}&state=all&per_page=100`,
    'select(.pull_request == null) | {number, state, body}',
  );
  if (!known.ok) throw new Error(`the issues cannot be listed: ${line(known.reason)}`);
  known.entries.sort((a, b) => a.number - b.number);
  const done = [];
  const failed = [];
  let made = 0;
  for (const finding of bySignature.values()) {
    const marker = markerOf(finding.signature);
    const same = known.entries.filter(({ body }) => String(body).startsWith(marker));
    const issue = same.find(({ state }) => state === 'open') ?? same[0];
    const text = textOf(finding, runUrl(env));
    const at = `repos/${repo}/issues`;
    const send = (...sent) => {
      const answer = gh(...sent);
      if (!answer.ok) failed.push(`${code(finding.signature)}: ${prose(answer.reason)}`);
      return answer.ok;
    };
    if (issue === undefined) {
      if (made === NEW_MAX) {
        failed.push(`${code(finding.signature)}: beyond ${NEW_MAX} new issues of one run`);
        continue;
      }
      const title = `squall: ${line(finding.signature, 200).replaceAll('@', '@\u200b')}`;
      if (send(['--method', 'POST', at], { title, body: bodyOf(marker, text), labels: [LABEL] })) {
        made += 1;
        done.push(`made an issue for ${code(finding.signature)}`);
      }
      continue;
    }
    if (issue.state !== 'open' && !send(['--method', 'PATCH', `${at}/${issue.number}`], { state: 'open' })) continue;
    if (send(['--method', 'POST', `${at}/${issue.number}/comments`], { body: bodyOf('Seen again.\n', text) })) {
      done.push(
        `#${issue.number} ${issue.state === 'open' ? 'seen again' : 'opened again'}: ${code(finding.signature)}`,
      );
    }
  }
  summarize(env, ['### Issues', '', ...[...done, ...failed].map((each) => `- ${each}`)].join('\n'));
  if (failed.length > 0) process.exitCode = 1;
}

try {
  main(process.argv.slice(2), process.env);
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 2;
}
