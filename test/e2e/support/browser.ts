/** A real Chromium, and pages that tell of everything that goes wrong in them. */
import { chromium, type Browser, type BrowserContext, type Page } from 'playwright-core';

/** Debian's. */
export const CHROMIUM = '/usr/bin/chromium';

export const WIDE = { width: 1280, height: 860 } as const;
export const NARROW = { width: 390, height: 844 } as const;

/** The sandbox needs rights that root in a container does not have. */
export function launchBrowser(): Promise<Browser> {
  return chromium.launch({
    executablePath: CHROMIUM,
    args: process.getuid?.() === 0 ? ['--no-sandbox'] : [],
  });
}

/** For what appears by itself. */
const WAIT_MS_MAX = 12_000;

export interface WatchedPage {
  readonly page: Page;
  readonly context: BrowserContext;
  /** Errors of scripts, refusals by the Content-Security-Policy, and warnings of React, in words. Empty when all is well. */
  readonly troubles: readonly string[];
}

export interface PageOptions {
  readonly origin: string;
  readonly viewport?: { readonly width: number; readonly height: number };
  readonly colorScheme?: 'light' | 'dark';
}

/** A page of a browser of its own: nobody is signed in. */
export async function openPage(browser: Browser, options: PageOptions): Promise<WatchedPage> {
  const context = await browser.newContext({
    baseURL: options.origin,
    viewport: options.viewport ?? WIDE,
    colorScheme: options.colorScheme ?? 'light',
    locale: 'en-GB',
    timezoneId: 'Europe/London',
  });
  context.setDefaultTimeout(WAIT_MS_MAX);
  const page = await context.newPage();
  const troubles: string[] = [];
  page.on('pageerror', (error) => troubles.push(error.message));
  page.on('console', (message) => {
    // A refused request is told by the browser too; whether it may be refused is for the test to judge.
    if (
      ['error', 'warning'].includes(message.type()) &&
      !message.text().startsWith('Failed to load resource')
    )
      troubles.push(message.text());
  });
  return { page, context, troubles };
}
