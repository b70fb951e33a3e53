import { existsSync } from 'node:fs';
import {
  chromium,
  type Browser as ChromiumBrowser,
  type BrowserContextOptions,
  type Page,
} from 'playwright-core';
import type { Test } from 'tap';

/** Debian's; the browser that Playwright would download is not needed. */
const EXECUTABLE = '/usr/bin/chromium';

const ARGUMENTS = [
  ...['--headless', '--no-sandbox', '--disable-gpu', '--disable-background-networking'],
  ...['--no-first-run', '--disable-component-update', '--disable-sync'],
];

/** A way of looking at a page. */
export type Look = Pick<BrowserContextOptions, 'colorScheme' | 'viewport' | 'javaScriptEnabled'>;

export const LOOKS: Record<string, Look> = {
  light: { colorScheme: 'light', viewport: { width: 1280, height: 900 } },
  dark: { colorScheme: 'dark', viewport: { width: 1280, height: 900 } },
  phone: { colorScheme: 'light', viewport: { width: 390, height: 844 } },
};

/** A page that says what went wrong in it. */
export interface WatchedPage {
  page: Page;
  /** Errors, refused loads, anything that asked for the network. */
  trouble: string[];
}

/** One browser with a fresh profile, which Playwright makes and removes; a context for each page. */
export class Browser {
  readonly #browser: ChromiumBrowser;

  private constructor(browser: ChromiumBrowser) {
    this.#browser = browser;
  }

  static async make(t: Test): Promise<Browser> {
    if (!existsSync(EXECUTABLE))
      throw new Error(`${EXECUTABLE} is missing: apt-get install chromium`);
    const browser = await chromium.launch({ executablePath: EXECUTABLE, args: ARGUMENTS });
    t.teardown(() => browser.close());
    return new Browser(browser);
  }

  /** A page at an address, ready to be used. Its context goes with it. */
  async open(address: string, look: Look = {}): Promise<WatchedPage> {
    const context = await this.#browser.newContext(look);
    const page = await context.newPage();
    const trouble: string[] = [];
    page.on('pageerror', (error) => trouble.push(error.message));
    page.on('console', (message) => {
      if (message.type() === 'error') trouble.push(message.text());
    });
    page.on('request', (request) => {
      if (!/^(?:file|data|blob):/.test(request.url())) trouble.push(`asks for ${request.url()}`);
    });
    await page.goto(address);
    if (look.javaScriptEnabled !== false) await page.waitForSelector('html[data-ready]');
    return { page, trouble };
  }
}
