/** A simulated Salesforce org as the ERP of a scenario. */
import type { SideDefinition } from '../../src/engine/model.ts';
import { must } from '../../src/lib/assert.ts';
import type { SalesforceWorkbench } from '../support/salesforce-workbench.ts';

export const ORG_SIDE = 'erp';
const OBJECT = 'Account';
const NATIVES: Readonly<Record<string, string>> = {
  email: 'ERP_Key__c',
  name: 'Name',
  phone: 'Phone',
  city: 'BillingCity',
};

/** The side over accounts of the org. */
export function inOrg(side: SideDefinition): SideDefinition {
  const fields = side.fields.map((mapped) => ({ ...mapped, native: NATIVES[mapped.field] ?? mapped.native }));
  return { ...side, collection: OBJECT, fields };
}

/** What the org holds, written as the rows of the databases are. */
export function orgRows({ simulator }: SalesforceWorkbench): readonly string[] {
  return simulator.org
    .records(OBJECT)
    .map((record) =>
      Object.values(NATIVES)
        .map((native) => String(record[native] ?? '-'))
        .join('|'),
    )
    .toSorted();
}

/** The id of the account with this name. */
export function accountId({ simulator }: SalesforceWorkbench, name: string): string {
  const account = simulator.org.records(OBJECT).find((record) => record['Name'] === name);
  return String(must(account, 'the org has the account')['Id']);
}

/** As `trueup connect` does it: another program asks for a token and stores it. */
export async function reconnect(org: SalesforceWorkbench): Promise<void> {
  const session = await org.open({}, {}, org.tokens);
  await session.describe([OBJECT]);
}
