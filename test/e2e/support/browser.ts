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

/** For what appears by itself, on the busiest machine. */
const WAIT_MS_MAX = 60_000;

/**
 * What a page takes away by itself after some seconds (a notification, the time in which a decision can be taken back) stays this
 * many times as long: a machine that stops for a moment must not make a test miss it.
 */
const PATIENCE = 5;

/** Runs in every page before its own scripts. Shorter waits are part of what a page does, longer ones of how it looks again. */
const BE_PATIENT = `(() => {
  const wait = globalThis.setTimeout;
  globalThis.setTimeout = (action, delayMs, ...rest) =>
    wait(action, delayMs >= 4000 && delayMs < 10000 ? delayMs * ${String(PATIENCE)} : delayMs, ...rest);
})()`;

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

/** Keys that mean something only in a row: pressed without waiting for what a busy browser says of the one before. */
export async function pressInARow(page: Page, ...keys: readonly string[]): Promise<void> {
  await Promise.all(keys.map((key) => page.keyboard.press(key)));
}

/** A page of a browser of its own: nobody is signed in. */
export async function openPage(browser: Browser, options: PageOptions): Promise<WatchedPage> {
  const context = await browser.newContext({
    baseURL: options.origin,
    viewport: options.viewport ?? WIDE,
    colorScheme: options.colorScheme ?? 'light',
    locale: 'en-GB',
    timezoneId: 'Europe/London',
    reducedMotion: 'reduce',
  });
  context.setDefaultTimeout(WAIT_MS_MAX);
  await context.addInitScript(BE_PATIENT);
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
