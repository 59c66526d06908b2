/** The pages of the console, each with the way to it and what shows that its content is there. */
import type { Page } from 'playwright-core';

export interface Place {
  readonly name: string;
  open(page: Page): Promise<unknown>;
}

const at = (name: string, path: string, shown: (page: Page) => Promise<unknown>): Place => ({
  name,
  open: async (page) => {
    await page.goto(path);
    await shown(page);
  },
});

const text = (words: string | RegExp) => (page: Page) => page.getByText(words).first().waitFor();

/** In the order of the sidebar. */
export const everyPage: readonly Place[] = [
  at('overview', '/', text('To be written here')),
  at('diagnosis', '/diagnosis', text('What to do')),
  at('records', '/records', text('Brightmill Textiles')),
  {
    name: 'journey',
    open: async (page) => {
      await page.goto('/records?query=ada%40brightmill.example');
      await page.getByRole('listitem').filter({ hasText: 'Brightmill Textiles' }).getByRole('link').click();
      await page
        .getByText('Who put it there')
        .or(page.getByText('by:'))
        .first()
        .waitFor({ state: 'attached' });
      await page.getByRole('heading', { name: 'Journey' }).waitFor();
    },
  },
  at('record', '/record?sync=customers&side=crm&id=1', text('How it stands')),
  at('review', '/review', text('Granito')),
  at('problems', '/problems', text(/reading|writing to/)),
  at('dead-letters', '/dead-letters', text('one by one')),
  at('alerts', '/alerts', text('Who is told when')),
  {
    name: 'reconciliation',
    open: async (page) => {
      await page.goto('/reconciliation');
      await page.getByRole('button', { name: /Reconcile (now|again)/ }).click();
      await page.getByRole('region', { name: 'What each side holds' }).waitFor();
    },
  },
  at('syncs', '/syncs', text('Keeps each Customer in step')),
  at('sync', '/syncs/customers?tab=sides', text('How it stands')),
  at('mapping', '/syncs/customers?tab=mapping', text('as the example')),
  {
    name: 'mapping-editor',
    open: async (page) => {
      await page.goto('/syncs/customers?tab=mapping');
      await page.getByRole('button', { name: 'Change status at billing' }).click();
      await page.getByRole('button', { name: 'Spelled otherwise there' }).click();
      await page.getByText(/made-up values/).waitFor();
    },
  },
  at('plan', '/syncs/customers?tab=plan', text(/Sealed|no plan yet/)),
  at('revisions', '/syncs/customers?tab=revisions', text('Revision 1, the first')),
  at('sync-file', '/syncs/file', text('Save as a new revision')),
  {
    name: 'what-if',
    open: async (page) => {
      await page.goto('/syncs/file');
      const editor = page.getByLabel('The sync file');
      const cut = 'city: {field: town, max_length: 5, too_long: cut, direction: out}';
      await editor.fill((await editor.inputValue()).replace('city: town', cut));
      await page.getByRole('button', { name: 'Try it' }).click();
      await page.getByText('Mapped newly, or otherwise: billing.city').waitFor();
    },
  },
  at('connections', '/connections', text('used by')),
  at('connection', '/connections/crm', text('Used by')),
  {
    name: 'dictionary',
    open: async (page) => {
      await page.goto('/dictionary');
      await page.getByRole('button', { name: 'Look now' }).click();
      await page.getByRole('region', { name: 'Violations of customers' }).waitFor();
      await page.evaluate('window.scrollTo(0, 0)');
    },
  },
  at('activity', '/activity', text('sweep of')),
  at('audit', '/activity?tab=audit', text('Verify the chain')),
  at('settings', '/settings', text('Your password')),
];
