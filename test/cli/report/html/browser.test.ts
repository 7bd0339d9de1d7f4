// The HTML page in a browser: it loads nothing, logs nothing, fits wide and narrow windows, works by keyboard and without
// scripts, in light and dark and on paper, and runs nothing that a result holds.
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { htmlReport } from '../../../../cli/report/html/page.ts';
import type { Report } from '../../../../cli/report/reported.ts';
import { poisoned, reportOn } from '../subjects.ts';
import { drawnRun, everything, IMAGE, pair, SCRIPT } from './pages.ts';

const CHROMIUM = '/usr/bin/chromium';
const isThere = existsSync(CHROMIUM) || process.env['SQUALL_NEED_CHROMIUM'] === '1';
const WIDTHS = [1280, 400];

interface Opened {
  readonly page: Page;
  readonly said: readonly string[];
  readonly asked: readonly string[];
}

describe.skipIf(!isThere)('the page in a browser', { timeout: 60_000 }, () => {
  let browser: Browser;
  const folder = mkdtempSync(join(tmpdir(), 'squall-page-'));
  let count = 0;

  beforeAll(async () => {
    browser = await chromium.launch({ executablePath: CHROMIUM, args: ['--no-sandbox'] });
  }, 60_000);

  afterAll(async () => {
    await browser?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  /** Opens a report from disk; what the page says and asks for is recorded, and nothing but the file is let through. */
  async function open(report: Report, options: BrowserContextOptions = {}): Promise<Opened> {
    const file = join(folder, `${count++}.html`);
    writeFileSync(file, htmlReport(report));
    const url = pathToFileURL(file).href;
    const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, ...options });
    const [said, asked]: [string[], string[]] = [[], []];
    const page = await context.newPage();
    page.on('console', (message) => said.push(message.text()));
    page.on('pageerror', (error) => said.push(error.message));
    await page.route('**/*', async (route) => {
      const wanted = route.request().url();
      if (wanted === url) return route.continue();
      asked.push(wanted);
      return route.abort();
    });
    await page.goto(url);
    return { page, said, asked };
  }

  const run = (): Report => reportOn(drawnRun());

  test.each(WIDTHS)('at %i pixels shows its charts, and nothing is wider than the window', async (width) => {
    for (const report of [run(), pair(), await everything()]) {
      const { page, said, asked } = await open(report, { viewport: { width, height: 900 } });
      expect(await page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(width);
      const charts = page.locator('.timeline .graph:visible');
      expect(await charts.count()).toBeGreaterThan(3);
      for (const chart of await charts.all()) {
        const box = (await chart.boundingBox())!;
        expect(box.x).toBeGreaterThanOrEqual(0);
        expect(box.x + box.width).toBeLessThanOrEqual(width);
        expect(box.width).toBeGreaterThan(width * 0.6);
        expect(box.height).toBeGreaterThanOrEqual(20);
      }
      expect([said, asked]).toEqual([[], []]);
      await page.context().close();
    }
  });

  test('loads nothing when it is used, and logs nothing', async () => {
    const { page, said, asked } = await open(await everything());
    for (const zoom of await page.getByRole('button', { name: 'Zoom', exact: true }).all()) {
      if (await zoom.isVisible()) await zoom.click();
    }
    for (const copy of await page.getByRole('button', { name: 'Copy' }).all()) {
      if (await copy.isVisible()) await copy.click();
    }
    for (const summary of await page.locator('summary').all()) if (await summary.isVisible()) await summary.click();
    expect([said, asked]).toEqual([[], []]);
    await page.context().close();
  });

  test('zooms by keyboard, all charts together, and comes back', async () => {
    const { page, said } = await open(run());
    const zoom = page.getByRole('button', { name: 'Zoom', exact: true });
    expect(await page.getByRole('button', { name: 'In', exact: true }).isVisible()).toBe(false);
    await focusByTab(page, 'Zoom');
    await page.keyboard.press('Enter');
    expect(await zoom.getAttribute('aria-pressed')).toBe('true');
    await expect.poll(() => page.locator('.live canvas:visible').count()).toBe(6);
    expect(await page.locator('.static:visible').count()).toBe(0);
    await focusByTab(page, 'In');
    await page.keyboard.press('Enter');
    expect(await page.getByRole('status').textContent()).toBe('1m18s to 3m54s');
    await focusByTab(page, 'Later');
    await page.keyboard.press('Enter');
    expect(await page.getByRole('status').textContent()).toBe('2m36s to 5m12s');
    // Arrow keys read the same instant in all charts.
    await page.locator('.live').first().focus();
    await page.keyboard.press('ArrowRight');
    await page.keyboard.press('ArrowRight');
    const read = async (): Promise<string[]> =>
      (await page.locator('.live .u-legend .u-series:first-child .u-value').allTextContents()).filter(
        (text) => text !== '–',
      );
    await expect.poll(async () => (await read()).length).toBe(6);
    expect(new Set(await read()).size).toBe(1);
    await zoom.click();
    expect(await page.locator('.static:visible').count()).toBe(6);
    expect(said).toEqual([]);
    await page.context().close();
  });

  test('zooms to where a pointer was drawn, in two runs with windows of their own', async () => {
    const { page, said } = await open(pair());
    await page.getByRole('button', { name: 'Zoom', exact: true }).first().click();
    const over = page.locator('#pair-requests .u-over');
    await over.scrollIntoViewIfNeeded();
    const box = (await over.boundingBox())!;
    await page.mouse.move(box.x + box.width * 0.25, box.y + 40);
    await page.mouse.down();
    await page.mouse.move(box.x + box.width * 0.5, box.y + 40, { steps: 5 });
    await page.mouse.up();
    const status = page.getByRole('status').first();
    await expect.poll(() => status.textContent()).toMatch(/^1m1[78]s\S* to 2m3[56]s/);
    // Something is drawn in each.
    const inks = await page.evaluate(`[...document.querySelectorAll('.timeline.is-live canvas')].map((canvas) =>
      canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data.some((value) => value > 0))`);
    expect(inks).toEqual((inks as boolean[]).map(() => true));
    expect((inks as boolean[]).length).toBeGreaterThan(5);
    expect(said).toEqual([]);
    await page.context().close();
  });

  test('is whole without scripts', async () => {
    const { page } = await open(await everything(), { javaScriptEnabled: false });
    for (const text of [
      'failed: a safety finding',
      'p(99)<700',
      'push_response_time',
      'npx squall run sync-relay --seed 42',
    ]) {
      expect(await page.getByText(text).first().isVisible()).toBe(true);
    }
    expect(await page.locator('.graph:visible').count()).toBeGreaterThan(8);
    expect(await page.locator('svg.space-time').first().isVisible()).toBe(true);
    expect(await page.locator('button').count()).toBe(0);
    await page.context().close();
  });

  test.each(['light', 'dark'] as const)('is legible in %s', async (colorScheme) => {
    for (const report of [run(), await everything()]) {
      const { page } = await open(report, { colorScheme });
      expect(await page.evaluate(LOW_CONTRAST)).toEqual([]);
      const background = await page.evaluate('getComputedStyle(document.body).backgroundColor');
      expect(background).toBe(colorScheme === 'light' ? 'rgb(246, 247, 248)' : 'rgb(15, 18, 21)');
      await page.context().close();
    }
  });

  test('by keyboard goes to the report, its sections, tables and details', async () => {
    const { page } = await open(run());
    const reached: string[] = [];
    for (let at = 0; at < 40; at++) {
      await page.keyboard.press('Tab');
      reached.push(
        await page.evaluate<string>(`(() => { const each = document.activeElement; const style = getComputedStyle(each);
          return [each.tagName, style.outlineStyle !== 'none', each.textContent.slice(0, 30)].join(' '); })()`),
      );
    }
    expect(reached[0]).toBe('A true To the report');
    for (const tag of ['A', 'BUTTON', 'SUMMARY', 'DIV', 'PRE']) {
      expect(
        reached.some((each) => each.startsWith(`${tag} true`)),
        tag,
      ).toBe(true);
    }
    await page.context().close();
  });

  test('prints in light, unfolded, with its still charts even when they are zoomed', async () => {
    const { page } = await open(run(), { colorScheme: 'dark' });
    await page.getByRole('button', { name: 'Zoom', exact: true }).click();
    const pdf = await page.pdf({ format: 'A4' });
    expect(pdf.subarray(0, 5).toString()).toBe('%PDF-');
    await page.emulateMedia({ media: 'print', colorScheme: 'dark' });
    expect(await page.locator('.static:visible').count()).toBe(6);
    expect(await page.locator('.live:visible').count()).toBe(0);
    expect(await page.locator('button:visible').count()).toBe(0);
    expect(await page.evaluate('getComputedStyle(document.body).backgroundColor')).toBe('rgb(255, 255, 255)');
    const folded = (await page.getByText('durationMs', { exact: true }).boundingBox())!;
    expect(folded.height).toBeGreaterThan(5);
    await page.context().close();
  });

  test.each([SCRIPT, IMAGE, '</script><script>window.__x=1</script>', '</style><svg onload="window.__x=1">'])(
    'runs nothing of %s',
    async (text) => {
      const keep = ['trend', 'rate', 'counter', 'gauge', 'safety', 'run'];
      const [before, after] = pair().subjects;
      const subjects = poisoned([before!, after!], text, keep);
      const { page, said, asked } = await open({ subjects, stories: new Map() });
      await page.getByRole('button', { name: 'Zoom', exact: true }).first().click();
      expect(await page.evaluate('window.__x')).toBeUndefined();
      expect(await page.locator('img').count()).toBe(0);
      expect(await page.locator('script').count()).toBe(2);
      expect(await page.getByText(text).count()).toBeGreaterThan(3);
      expect([said, asked]).toEqual([[], []]);
      await page.context().close();
    },
  );
});

async function focusByTab(page: Page, name: string): Promise<void> {
  for (let at = 0; at < 60; at++) {
    await page.keyboard.press('Tab');
    const focused = await page.evaluate<string>(
      `document.activeElement.tagName === 'BUTTON' ? document.activeElement.textContent : ''`,
    );
    if (focused === name) return;
  }
  throw new Error(`no button ${name} by keyboard`);
}

/** Texts whose contrast with what lies behind them is below 4.5 (WCAG 2.2, 1.4.3), as the page computes them. */
const LOW_CONTRAST = `(() => {
  const channels = (color) => color.match(/[\\d.]+/g).map(Number);
  const luminance = (color) => {
    const [r, g, b] = channels(color).slice(0, 3).map((each) => {
      const share = each / 255;
      return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const behind = (element) => {
    for (let each = element; each; each = each.parentElement) {
      const color = getComputedStyle(each).backgroundColor;
      const [, , , alpha = 1] = channels(color);
      if (alpha === 1) return color;
    }
    return 'rgb(255, 255, 255)';
  };
  const low = [];
  for (const element of document.querySelectorAll('main *, header *, footer')) {
    if (element.closest('.space-time') || !element.checkVisibility()) continue;
    const hasText = [...element.childNodes].some((node) => node.nodeType === 3 && node.data.trim() !== '');
    if (!hasText || ['title', 'desc', 'style', 'STYLE'].includes(element.tagName)) continue;
    const style = getComputedStyle(element);
    const [one, other] = [luminance(element.ownerSVGElement ? style.fill : style.color), luminance(behind(element))];
    const ratio = (Math.max(one, other) + 0.05) / (Math.min(one, other) + 0.05);
    if (ratio < 4.5) low.push(element.tagName + ' ' + element.textContent.slice(0, 40) + ' ' + ratio.toFixed(2));
  }
  return low;
})()`;
