/** What an expression reads, and which functions it calls. */
import { partsOf, type Expr } from './limits.ts';

/** Words that mean a type; a field of that name is read as `record["type"]`. */
const TYPES = new Set('bool int uint double string bytes list map null_type type'.split(' '));
/** The whole record; a name that is no plain word stands in it: `record["First Name"]`. */
export const RECORD = 'record';

/** Standard CEL, and of the string extension what cannot fail on a record that another one passes. */
export const FUNCTIONS: readonly string[] = [
  'size contains startsWith endsWith matches int uint double string bool bytes type dyn timestamp duration',
  'getDate getDayOfMonth getDayOfWeek getDayOfYear getFullYear getHours getMilliseconds getMinutes getMonth getSeconds',
  'charAt indexOf join lastIndexOf lowerAscii replace split substring trim upperAscii',
].flatMap((line) => line.split(' '));

/** A name or call, and where it stands. */
export interface Mention {
  readonly name: string;
  readonly id: bigint;
}

export interface Names {
  /** Names that must be given a value. */
  readonly read: readonly string[];
  /** Names inside `record[…]`. */
  readonly ofRecord: readonly string[];
  readonly calls: readonly Mention[];
  /** Where `record` stands without the name of a field. */
  readonly bareRecord: Mention | null;
}

export function namesOf(expression: Expr): Names {
  const [read, ofRecord] = [new Set<string>(), new Set<string>()];
  const calls: Mention[] = [];
  let bareRecord: Mention | null = null;
  const visit = (expr: Expr, own: ReadonlySet<string>): void => {
    const field = fieldOfRecord(expr);
    if (field !== null) {
      ofRecord.add(field);
      return;
    }
    const { exprKind, id } = expr;
    if (exprKind.case === 'identExpr') {
      const { name } = exprKind.value;
      if (name === RECORD && !own.has(name)) bareRecord = { name, id };
      else if (!own.has(name) && !TYPES.has(name)) read.add(name);
    }
    if (exprKind.case === 'callExpr') calls.push({ name: exprKind.value.function, id });
    const { once, repeated } = partsOf(expr);
    if (exprKind.case !== 'comprehensionExpr') {
      for (const part of once) visit(part, own);
      return;
    }
    const { iterVar, iterVar2, accuVar, iterRange } = exprKind.value;
    const inner = new Set([...own, iterVar, iterVar2, accuVar]);
    for (const part of once) visit(part, part === iterRange ? own : inner);
    for (const part of repeated) visit(part, inner);
  };
  visit(expression, new Set());
  return { read: [...read], ofRecord: [...ofRecord], calls, bareRecord };
}

/** `First Name` of `record["First Name"]` and of `record.name`. */
function fieldOfRecord({ exprKind: { case: kind, value } }: Expr): string | null {
  if (kind === 'selectExpr') return isRecord(value.operand) && !value.testOnly ? value.field : null;
  if (kind !== 'callExpr' || value.function !== '_[_]' || !isRecord(value.args[0])) return null;
  const key = value.args[1]?.exprKind;
  if (key?.case !== 'constExpr') return null;
  const { constantKind } = key.value;
  return constantKind.case === 'stringValue' ? constantKind.value : null;
}

function isRecord(expr: Expr | undefined): boolean {
  return expr?.exprKind.case === 'identExpr' && expr.exprKind.value.name === RECORD;
}
