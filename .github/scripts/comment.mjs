// One comment on a pull request, updated in place. Where the token only reads, as it does for forks, the same text goes
// into the step's summary: no pull request goes red for it. What it is given is untrusted Markdown, and stays text.
//   node comment.mjs <body.md> [--marker <name>]
import { readFileSync } from 'node:fs';
import { eventOf, gh, listed, repository, summarize } from './github.mjs';
import { bodyOf, line } from './text.mjs';

function main([file, flag, name = 'load-tests'], env) {
  if (file === undefined || (flag !== undefined && flag !== '--marker')) {
    throw new Error('expected <body.md> [--marker <name>]');
  }
  const marker = `<!-- squall:${name.toLowerCase().replaceAll(/[^a-z0-9]+/g, '-')} -->`;
  const body = bodyOf(marker, readFileSync(file, 'utf8'));
  const fallBack = (reason) => {
    summarize(env, `${body}\n\nNot posted as a comment: ${line(reason)}`);
    process.stdout.write(`in the summary, not as a comment: ${line(reason)}\n`);
  };
  const pull = eventOf(env).pull_request;
  if (!Number.isSafeInteger(pull?.number)) return fallBack('this run belongs to no pull request.');
  const repo = repository(env);
  if (pull.head?.repo?.full_name !== repo) return fallBack('pull requests from forks have a token that only reads.');

  const comments = listed(`repos/${repo}/issues/${pull.number}/comments?per_page=100`, '{id, type: .user.type, body}');
  if (!comments.ok) return fallBack(comments.reason);
  // Anybody can write the marker: only a bot's comment is ours to change.
  const own = comments.entries.find(({ type, body: text }) => type === 'Bot' && String(text).startsWith(marker));
  const sent =
    own === undefined
      ? gh(['--method', 'POST', `repos/${repo}/issues/${pull.number}/comments`], { body })
      : gh(['--method', 'PATCH', `repos/${repo}/issues/comments/${own.id}`], { body });
  if (!sent.ok) return fallBack(sent.reason);
  process.stdout.write(own === undefined ? 'commented\n' : `updated comment ${own.id}\n`);
}

try {
  main(process.argv.slice(2), process.env);
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 2;
}
