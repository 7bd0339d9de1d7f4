import stringWidth from 'string-width';
import { describe, expect, test } from 'vitest';
import {
  cutLine,
  fillLine,
  type Line,
  lineWidth,
  sideBySide,
  span,
  widthOf,
} from '../../../../cli/tui/components/spans.ts';

function text(line: Line): string {
  return line.map((each) => (typeof each === 'string' ? each : each.text)).join('');
}

describe('a line of spans', () => {
  test('is as wide as a terminal makes it', () => {
    for (const sign of '·–×’…‖≤✓✗▁▂▃▄▅▆▇█▉▊▋▌▍▎▏░') expect(widthOf(sign)).toBe(stringWidth(sign));
    expect(lineWidth(['家計簿', span('🧾', 'bad'), 'ab'])).toBe(10);
  });

  test('is cut with an ellipsis where it is too long, and nowhere else', () => {
    const line: Line = ['abc', span('def', 'good'), 'ghi'];
    expect(text(cutLine(line, 9))).toBe('abcdefghi');
    expect(text(cutLine(line, 8))).toBe('abcdefg…');
    expect(text(cutLine(line, 6))).toBe('abcde…');
    expect(text(cutLine(line, 3))).toBe('ab…');
    expect(text(cutLine(line, 0))).toBe('');
  });

  test('is never wider than it may be, with wide characters across the cut', () => {
    const line: Line = ['家計簿', span('の同期🧾', 'bad'), 'abc'];
    for (let columns = 0; columns <= 20; columns++) {
      expect(lineWidth(cutLine(line, columns))).toBeLessThanOrEqual(columns);
      expect(stringWidth(text(fillLine(line, columns)))).toBe(columns);
    }
  });

  test('stands beside others in blocks of equal width, whatever their heights', () => {
    expect(sideBySide([[['a'], ['b']], [['家']]], 4, 1).map(text)).toEqual(['a    家  ', 'b        ']);
  });
});
