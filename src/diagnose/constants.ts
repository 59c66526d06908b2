/** A sync's definition as it may leave the house: what it compares with, and what it writes by itself, may be of people. */
import type { MappingDefinition, SideDefinition, SyncDefinition } from '../engine/model.ts';
import type { ValueRule } from '../engine/rules.ts';
import type { Transform } from '../engine/transforms/step.ts';
import type { FieldType, NativeValue } from '../engine/value.ts';
import { unreachable } from '../lib/assert.ts';
import { redactExpression, redactMessage, shapeOfText, shapeOfValue } from './redact.ts';

/** The same definition with every constant shown by its form, and left out of expressions. */
export function withoutConstants(definition: SyncDefinition): SyncDefinition {
  const { fields, sides, rules } = definition;
  return {
    ...definition,
    fields: fields.map(({ type, policy, ...field }) => ({
      ...field,
      type: typeWithout(type),
      policy: {
        ...policy,
        owners: policy.owners.map(({ when, ...owner }) => ({
          ...owner,
          ...(when === undefined ? {} : { when: { ...when, equals: shapeOfValue(when.equals) } }),
        })),
      },
    })),
    sides: sides.map(sideWithout),
    ...(rules === undefined ? {} : { rules: rules.map(ruleWithout) }),
  };
}

function typeWithout(type: FieldType): FieldType {
  const hasOptions = type.kind === 'choice' || type.kind === 'set';
  return hasOptions && type.options !== undefined
    ? { ...type, options: type.options.map(shapeOfText) }
    : type;
}

function sideWithout({ filter, where, fields, ...side }: SideDefinition): SideDefinition {
  return {
    ...side,
    fields: fields.map(mappingWithout),
    where: where.map((condition) => ({
      ...condition,
      in: condition.in.map((constant) => (constant === null ? null : shapeOfText(constant))),
    })),
    ...(filter === undefined ? {} : { filter: redactExpression(filter) }),
  };
}

function mappingWithout({
  transforms,
  whenMissing,
  computed,
  ...mapping
}: MappingDefinition): MappingDefinition {
  return {
    ...mapping,
    transforms: transforms.map(transformWithout),
    ...(whenMissing === undefined ? {} : { whenMissing: shapeOfNative(whenMissing) }),
    ...(computed === undefined
      ? {}
      : {
          computed: {
            ...computed,
            text:
              computed.kind === 'expression'
                ? redactExpression(computed.text)
                : shapeOfTemplate(computed.text),
          },
        }),
  };
}

function transformWithout(transform: Transform): Transform {
  switch (transform.kind) {
    case 'values':
      return valuesWithout(transform);
    case 'prefix':
    case 'separator':
      return { ...transform, text: shapeOfText(transform.text) };
    case 'part':
      return { ...transform, separator: shapeOfText(transform.separator) };
    case 'numberFormat':
      return { ...transform, sample: shapeOfText(transform.sample) };
    case 'nullAs':
      return { ...transform, word: shapeOfConstant(transform.word) };
    case 'default':
      return { ...transform, value: shapeOfConstant(transform.value) };
    case 'joined':
      return { ...transform, template: shapeOfTemplate(transform.template) };
    case 'template':
      return { ...transform, text: shapeOfTemplate(transform.text) };
    case 'expression':
      return { ...transform, text: redactExpression(transform.text) };
    case 'minorUnits':
    case 'percent':
    case 'round':
    case 'unixTime':
    case 'dateFormat':
    case 'localTime':
    case 'case':
    case 'trim':
    case 'length':
    case 'phoneFormat':
    case 'countryFormat':
    case 'countryName':
    case 'subdivisionFormat':
    case 'shortId':
      return transform;
    default:
      return unreachable(transform);
  }
}

function valuesWithout(transform: Extract<Transform, { readonly kind: 'values' }>): Transform {
  const { pairs, otherwise, otherwiseNative } = transform;
  return {
    ...transform,
    pairs: pairs.map(([native, golden]) => [shapeOfConstant(native), shapeOfConstant(golden)]),
    ...(otherwise === undefined ? {} : { otherwise: shapeOfText(otherwise) }),
    ...(otherwiseNative === undefined ? {} : { otherwiseNative: shapeOfConstant(otherwiseNative) }),
  };
}

function ruleWithout(rule: ValueRule): ValueRule {
  switch (rule.kind) {
    case 'allowed':
      return { ...rule, values: rule.values.map(shapeOfText) };
    case 'format':
      return { ...rule, format: shapeOfText(rule.format) };
    case 'range': {
      const { min, max } = rule;
      return {
        ...rule,
        ...(min === undefined ? {} : { min: shapeOfText(min) }),
        ...(max === undefined ? {} : { max: shapeOfText(max) }),
      };
    }
    case 'expression':
      return { ...rule, text: redactExpression(rule.text), says: redactMessage(rule.says) };
    case 'required':
    case 'length':
      return rule;
    default:
      return unreachable(rule);
  }
}

/** The names of fields stay; they stand in braces. */
function shapeOfTemplate(template: string): string {
  return template
    .split(/(\{[^{}]+\})/)
    .map((piece, index) => (index % 2 === 1 ? piece : shapeOfText(piece)))
    .join('');
}

function shapeOfConstant<Constant extends string | number | boolean>(constant: Constant): Constant | string {
  return typeof constant === 'boolean' ? constant : shapeOfText(String(constant));
}

function shapeOfNative(native: NativeValue): NativeValue {
  if (native === null) return null;
  return typeof native === 'object' ? shapeOfText(JSON.stringify(native)) : shapeOfConstant(native);
}
