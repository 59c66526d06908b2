/** Steps that write a value in the spelling a side wants; its type reads them all, so nothing is lost. */
import { countryCode, countryName, countryOf } from '../../lib/standards/countries.ts';
import { phoneOf, phoneSpelled } from '../../lib/standards/phones.ts';
import { subdivisionName, subdivisionOf } from '../../lib/standards/subdivisions.ts';
import { shortSalesforceId } from '../types/salesforce-id.ts';
import type { Step, TransformOf } from './step.ts';

/** Read as the type reads it. What has no such spelling is written in the canonical one. */
function spellingStep(spell: (canonical: string) => string): Step {
  return {
    get: (raw) => raw,
    put: (golden) => (typeof golden === 'string' ? spell(golden) : golden),
  };
}

/** A spelling that would be read as another number gives way to E.164, which everybody reads alike. */
export function phoneFormatStep({ form, region }: TransformOf<'phoneFormat'>): Step {
  return spellingStep((phone) => {
    const spelled = phoneSpelled(phone, form);
    return spelled !== null && phoneOf(spelled, region) === phone ? spelled : phone;
  });
}

export function countryFormatStep(form: 'alpha3' | 'numeric'): Step {
  return spellingStep((country) => countryCode(country, form) ?? country);
}

/** A name that would not lead back to the country gives way to its code. */
export function countryNameStep(language: string): Step {
  return {
    get: (raw) => (typeof raw === 'string' ? (countryOf(raw.trim(), [language]) ?? raw) : raw),
    put: spellingStep((country) => {
      const name = countryName(country, language);
      return name !== null && countryOf(name, [language]) === country ? name : country;
    }).put,
  };
}

export function subdivisionFormatStep({ form, country }: TransformOf<'subdivisionFormat'>): Step {
  return spellingStep((code) => {
    if (form === 'iso') return `${country}-${code}`;
    const name = subdivisionName(code, country);
    return name !== null && subdivisionOf(name, country) === code ? name : code;
  });
}

export const shortIdStep: Step = spellingStep(shortSalesforceId);
