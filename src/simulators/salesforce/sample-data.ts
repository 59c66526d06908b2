/** Records that make an org look lived in: the same ones every time. */
import type { Org } from './org.ts';

const NAMES = ['Alder', 'Birch', 'Cedar', 'Dogwood', 'Elm', 'Fir', 'Ginkgo', 'Hazel', 'Ivy', 'Juniper'];
const KINDS = ['Foods', 'Freight', 'Instruments', 'Optics', 'Paper'];
const CITIES = ['Aarhus', 'Bilbao', 'Cork', 'Dresden', 'Évora'];
const PEOPLE = ['Ada Berg', 'Ben Costa', 'Cleo Diaz', 'Dan Evans', 'Eva Fuchs', 'Finn Gray'];
const CONTACTS_PER_ACCOUNT = 3;

/** Fifty accounts with three contacts each, entered by two people. */
export function addSampleData(org: Org): void {
  const people = [org.person('Olga Office'), org.person('Sam Sales')] as const;
  for (const [index, name] of NAMES.flatMap((first) => KINDS.map((kind) => `${first} ${kind}`)).entries()) {
    const account = people[index % 2 === 0 ? 0 : 1].create('Account', {
      Name: name,
      ERP_Key__c: index % 4 === 3 ? null : `ERP-${String(1_000 + index)}`,
      Phone: `+49 30 ${String(100_000 + index * 37)}`,
      BillingStreet: `${String(index + 1)} Main Street`,
      BillingCity: CITIES[index % CITIES.length],
      AnnualRevenue: (index + 1) * 12_500.5,
      Rating: ['Hot', 'Warm', 'Cold'][index % 3],
      Customer_Since__c: `20${String(10 + (index % 15))}-0${String(1 + (index % 9))}-15`,
    });
    for (let count = 0; count < CONTACTS_PER_ACCOUNT; count += 1) {
      const [first = '', last = ''] = (PEOPLE[(index + count) % PEOPLE.length] ?? '').split(' ');
      people[count % 2 === 0 ? 0 : 1].create('Contact', {
        AccountId: account,
        FirstName: first,
        LastName: `${last}-${String(index + 1)}`,
        Email: `${first}.${last}.${String(index + 1)}@example.com`.toLowerCase(),
      });
    }
  }
}
