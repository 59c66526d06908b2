/** The objects a new org starts with: the well-known ones, cut down to the fields that syncs are about. */
import {
  address,
  currency,
  externalKey,
  field,
  formula,
  longText,
  number,
  picklist,
  reference,
  sobject,
  text,
} from './fields.ts';
import { longId } from './ids.ts';
import { textOf, type SfRecord } from './record.ts';
import type { Field, RecordType, SObject } from './schema.ts';

const INDUSTRIES = ['Agriculture', 'Banking', 'Construction', 'Education', 'Energy', 'Retail', 'Technology'];
const ACCOUNT_TYPES = ['Prospect', 'Customer - Direct', 'Customer - Channel', 'Partner', 'Other'];
const RATINGS = ['Hot', 'Warm', 'Cold'];
const TIERS = ['Gold', 'Silver', 'Bronze'];
const STAGES = ['Prospecting', 'Qualification', 'Proposal/Price Quote', 'Closed Won', 'Closed Lost'];
const LEAD_STATUSES = [
  'Open - Not Contacted',
  'Working - Contacted',
  'Closed - Converted',
  'Closed - Not Converted',
];
const LEAD_SOURCES = ['Web', 'Phone Inquiry', 'Partner Referral', 'Purchased List', 'Other'];

function accountRecordTypes(): readonly RecordType[] {
  return [
    {
      id: longId('012Sm0000000001'),
      name: 'Business',
      developerName: 'Business',
      isDefault: true,
      picklists: {},
    },
    {
      id: longId('012Sm0000000002'),
      name: 'Partner',
      developerName: 'Partner',
      isDefault: false,
      picklists: { Tier__c: ['Gold', 'Silver'] },
    },
  ];
}

/** An org before anybody has changed its setup. */
export function standardObjects(): readonly SObject[] {
  return [recordType(), user(), userPermissionAccess(), account(), contact(), lead(), opportunity()];
}

function account(): SObject {
  const fields = [
    text('Name', 255, { nillable: false, label: 'Account Name' }),
    picklist('Type', ACCOUNT_TYPES, { label: 'Account Type' }),
    reference('RecordTypeId', ['RecordType'], 'RecordType'),
    reference('ParentId', ['Account'], 'Parent'),
    ...address('Billing'),
    ...address('Shipping'),
    field('Phone', 'phone', { length: 40, label: 'Account Phone' }),
    field('Fax', 'phone', { length: 40 }),
    text('AccountNumber', 40),
    field('Website', 'url', { length: 255 }),
    picklist('Industry', INDUSTRIES),
    currency('AnnualRevenue'),
    field('NumberOfEmployees', 'int', { precision: 8, label: 'Employees' }),
    longText('Description'),
    picklist('Rating', RATINGS),
    picklist('Tier__c', TIERS, { restricted: true }),
    field('Regions__c', 'multipicklist', {
      length: 4099,
      picklist: ['North', 'East', 'South', 'West'],
      restricted: true,
    }),
    externalKey('ERP_Key__c', { label: 'ERP Key' }),
    text('Legacy_Number__c', 40, { externalId: true }),
    field('Active__c', 'boolean', { defaultValue: true }),
    number('Credit_Limit__c', 16, 2),
    field('Customer_Since__c', 'date'),
    field('Last_Order__c', 'datetime'),
    formula(
      'Display__c',
      'string',
      (record) => `${textOf(record['Name'])} (${textOf(record['Rating'])})`,
      1_300,
    ),
  ];
  return sobject('Account', '001', fields, { merges: true, recordTypes: accountRecordTypes() });
}

function contact(): SObject {
  const fields = [
    reference('AccountId', ['Account'], 'Account', { onParentDelete: 'cascade' }),
    text('LastName', 80, { nillable: false }),
    text('FirstName', 40),
    picklist('Salutation', ['Mr.', 'Ms.', 'Mrs.', 'Dr.', 'Prof.']),
    fullName(['Salutation', 'FirstName', 'LastName']),
    ...address('Mailing'),
    field('Phone', 'phone', { length: 40, label: 'Business Phone' }),
    field('MobilePhone', 'phone', { length: 40 }),
    field('Email', 'email', { length: 80, idLookup: true }),
    text('Title', 128),
    text('Department', 80),
    field('Birthdate', 'date'),
    picklist('LeadSource', LEAD_SOURCES),
    longText('Description'),
    field('HasOptedOutOfEmail', 'boolean', { label: 'Email Opt Out' }),
    externalKey('ERP_Key__c', { label: 'ERP Key' }),
  ];
  return sobject('Contact', '003', fields, { merges: true });
}

function lead(): SObject {
  const fields = [
    text('LastName', 80, { nillable: false }),
    text('FirstName', 40),
    fullName(['FirstName', 'LastName']),
    text('Company', 255, { nillable: false }),
    ...address(''),
    field('Phone', 'phone', { length: 40 }),
    field('Email', 'email', { length: 80, idLookup: true }),
    picklist('LeadSource', LEAD_SOURCES),
    picklist('Status', LEAD_STATUSES, { nillable: false, defaultValue: 'Open - Not Contacted' }),
    externalKey('ERP_Key__c', { label: 'ERP Key' }),
  ];
  return sobject('Lead', '00Q', fields, { merges: true });
}

function opportunity(): SObject {
  const fields = [
    reference('AccountId', ['Account'], 'Account', { onParentDelete: 'cascade' }),
    text('Name', 120, { nillable: false }),
    longText('Description'),
    picklist('StageName', STAGES, { nillable: false, label: 'Stage' }),
    currency('Amount'),
    field('Probability', 'percent', { precision: 3 }),
    field('CloseDate', 'date', { nillable: false }),
    externalKey('ERP_Key__c', { label: 'ERP Key' }),
  ];
  return sobject('Opportunity', '006', fields, { labelPlural: 'Opportunities' });
}

function recordType(): SObject {
  const fields = [
    text('Name', 80, { nillable: false }),
    text('DeveloperName', 80, { nillable: false }),
    text('SobjectType', 40, { nillable: false }),
    field('IsActive', 'boolean', { defaultValue: true }),
  ];
  return sobject('RecordType', '012', fields);
}

function user(): SObject {
  const fields = [
    text('Username', 80, { nillable: false, unique: true }),
    text('LastName', 80, { nillable: false }),
    text('FirstName', 40),
    fullName(['FirstName', 'LastName']),
    field('Email', 'email', { length: 128, nillable: false }),
    field('IsActive', 'boolean', { defaultValue: true }),
  ];
  return sobject('User', '005', fields);
}

/** Rights of the whole org, of whoever asks: all are denied until somebody grants them. */
function userPermissionAccess(): SObject {
  const names = ['ModifyAllData', 'ViewAllData', 'ManageUsers', 'CustomizeApplication', 'AuthorApex'];
  const fields = names.map((name) => field(`Permissions${name}`, 'boolean', { defaultValue: false }));
  return sobject('UserPermissionAccess', '0aP', fields);
}

function fullName(parts: readonly string[]): Field {
  return {
    ...formula('Name', 'string', shownName, 121),
    label: 'Full Name',
    nillable: false,
    parts: Object.fromEntries(parts.map((part) => [part, part])),
  };
}

function shownName(record: SfRecord): string {
  return [record['FirstName'], record['LastName']].filter((part) => part != null).join(' ');
}
