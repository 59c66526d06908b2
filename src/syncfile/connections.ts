/** Connections: known systems, their settings, and secrets that are named and never given. */
import type { SettingDescription } from '../connector/contract.ts';
import { complain, described, isMap } from '../lib/yaml/complaints.ts';
import type { Tree } from '../lib/yaml/document.ts';
import type { Findings } from '../lib/yaml/findings.ts';
import type { Path } from '../lib/yaml/places.ts';
import { suggest } from '../lib/yaml/suggest.ts';
import { connectionShape } from './shape.ts';

/** A setting as given: plain, or the name under which a secret is kept. */
export type Setting = string | { readonly secretName: string };

export interface ConnectionDeclaration {
  readonly name: string;
  readonly system: string;
  readonly settings: Readonly<Record<string, Setting>>;
}

/** System → its settings. */
export type KnownSystems = ReadonlyMap<string, readonly SettingDescription[]>;

const SECRET = /^\$\{secret:([A-Za-z_][A-Za-z0-9_]{0,127})\}$/;

export function readConnections(
  trees: Readonly<Record<string, Tree>>,
  systems: KnownSystems,
  findings: Findings,
): readonly ConnectionDeclaration[] {
  return Object.entries(trees).flatMap(([name, tree]) => {
    const read = readConnection(name, tree, systems, findings);
    return read === null ? [] : [read];
  });
}

function readConnection(
  name: string,
  tree: Tree,
  systems: KnownSystems,
  findings: Findings,
): ConnectionDeclaration | null {
  const path = ['connections', name];
  const { system: systemShape } = connectionShape.shape;
  if (!isMap(tree)) {
    findings.atValue(path, `expected a map, got ${described(tree)}`, 'Write {system: SYSTEM, …}.');
    return null;
  }
  const system = systemShape.safeParse(tree['system']);
  if (!system.success) {
    const issues = system.error.issues.map((issue) => ({ ...issue, path: ['system', ...issue.path] }));
    complain(findings, issues, tree, path);
    return null;
  }
  const known = systems.get(system.data);
  if (known === undefined) {
    findings.atValue(
      [...path, 'system'],
      `there is no system \`${system.data}\``,
      suggest(system.data, systems.keys()),
    );
    return null;
  }
  return { name, system: system.data, settings: readSettings(tree, system.data, known, path, findings) };
}

function readSettings(
  tree: { readonly [key: string]: Tree },
  system: string,
  known: readonly SettingDescription[],
  path: Path,
  findings: Findings,
): Readonly<Record<string, Setting>> {
  const settings: Record<string, Setting> = {};
  for (const [key, value] of Object.entries(tree)) {
    if (key === 'system') continue;
    const description = known.find((setting) => setting.name === key);
    if (description === undefined) {
      const names = known.map((setting) => setting.name);
      findings.atKey([...path, key], `${system} has no setting \`${key}\``, suggest(key, names));
      continue;
    }
    const setting = readSetting(description, value, [...path, key], findings);
    if (setting !== null) settings[key] = setting;
  }
  for (const { name, required, title, secret } of known) {
    if (!required || tree[name] !== undefined) continue;
    const example = secret ? `\${secret:${secretNameFor(path, name)}}` : 'VALUE';
    findings.atKey(
      [...path, name],
      `the setting \`${name}\` is missing: ${title}`,
      `Add: ${name}: ${example}`,
    );
  }
  return settings;
}

/** Never quotes the value: it may be the secret itself. */
function readSetting(
  description: SettingDescription,
  value: Tree,
  path: Path,
  findings: Findings,
): Setting | null {
  const { name, secret } = description;
  const text = settingText(value, findings.places.spot(path)?.value.plain);
  if (text === null || text === '') {
    const problem = text === '' || value === null ? 'is empty' : 'must be text';
    findings.atValue(
      path,
      `the setting \`${name}\` ${problem}`,
      `Give it a value, such as ${description.example}`,
    );
    return null;
  }
  const secretName = SECRET.exec(text)?.[1];
  if (secretName !== undefined) return { secretName };
  const reference = `\${secret:${secretNameFor(path, name)}}`;
  if (text.includes('${secret:')) {
    const message = `the setting \`${name}\` must be one \${secret:NAME} and nothing else`;
    findings.atValue(path, message, `Keep the whole text as one secret, and write ${reference}`);
    return null;
  }
  if (!secret) return text;
  const message = `the setting \`${name}\` is a secret and must not stand in the file`;
  findings.atValue(path, message, `Write ${reference}, and store it with: trueup connect ${String(path[1])}`);
  return null;
}

/** A number is taken as it is typed: `0123` is not 123 where it is a code or a password. */
function settingText(value: Tree, plain: string | undefined): string | null {
  if (typeof value === 'string') return value;
  return typeof value === 'number' || typeof value === 'boolean' ? (plain ?? String(value)) : null;
}

function secretNameFor(path: Path, setting: string): string {
  return `${String(path[1])}_${setting}`.replaceAll(/[^A-Za-z0-9]+/g, '_').toUpperCase();
}
