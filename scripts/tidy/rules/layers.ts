import type { Finding } from '../finding.ts';
import { importsOf, type Import } from '../imports.ts';
import { isShipped, isTest, roomOf } from '../repository.ts';
import { DRIVERS, MAY_IMPORT, TYPES_OF_ENGINE_ONLY } from '../rooms.ts';
import type { Rule } from '../rule.ts';

/** The second net under the linter's import rules: the same arrows, on resolved paths instead of written ones. */
export const layers: Rule = {
  name: 'layer',
  check: (repository) =>
    repository.modules.flatMap(importsOf).flatMap((entry) => {
      const breach = ofTests(entry) ?? (isShipped(entry.from) ? ofShipped(entry) : null);
      return breach === null ? [] : [finding(entry, breach.message, breach.fix)];
    }),
};

interface Breach {
  readonly message: string;
  readonly fix: string;
}

function finding(entry: Import, message: string, fix: string): Finding {
  return { path: entry.from, line: entry.line, message, fix };
}

function ofTests({ target, specifier }: Import): Breach | null {
  if (target === null || !isTest(target)) return null;
  return {
    message: `imports the test file ${specifier}`,
    fix: 'move what is shared beside the code or into test/support',
  };
}

function ofShipped(entry: Import): Breach | null {
  if (entry.target === null) return ofPackage(entry);
  if (!entry.target.startsWith('src/')) {
    return { message: `imports ${entry.target}, which does not ship`, fix: 'move what it needs under src/' };
  }
  return ofConnectors(entry.from, entry.target) ?? ofRooms(entry, entry.target);
}

function ofPackage({ from, specifier }: Import): Breach | null {
  if (roomOf(from) === 'engine') {
    return { message: `imports ${specifier}, but engine/ is pure`, fix: 'take what it needs as an argument' };
  }
  const name = [...DRIVERS.keys()].find(
    (driver) => specifier === driver || specifier.startsWith(`${driver}/`),
  );
  const homes = name === undefined ? undefined : DRIVERS.get(name);
  if (homes === undefined || homes.some((home) => from.startsWith(home))) return null;
  return { message: `imports ${specifier}`, fix: `only ${homes.join(' and ')} may; ask one of them` };
}

function ofConnectors(from: string, target: string): Breach | null {
  const [own, other] = [connectorOf(from), connectorOf(target)];
  if (own === null || other === null || own === other) return null;
  return {
    message: `imports the connector ${other}`,
    fix: 'what two connectors need belongs in src/connector',
  };
}

function connectorOf(path: string): string | null {
  return /^src\/connectors\/([^/]+)\//.exec(path)?.[1] ?? null;
}

function ofRooms({ from, typeOnly }: Import, target: string): Breach | null {
  const [own, other] = [roomOf(from), roomOf(target)];
  if (own === null || own === other) return null;
  if (other === null) return ofWiring(own, target);
  if (!(MAY_IMPORT.get(own) ?? []).includes(other)) {
    return {
      message: `${own}/ imports ${other}/, against the direction of the layers`,
      fix: 'pass it in, or move it down',
    };
  }
  if (other !== 'engine' || !TYPES_OF_ENGINE_ONLY.has(own)) return null;
  if (own === 'simulators' && target !== 'src/engine/value.ts') {
    return {
      message: `a simulator imports ${target}`,
      fix: 'it may know the types of engine/value.ts and nothing else',
    };
  }
  return typeOnly
    ? null
    : { message: `${own}/ imports code of engine/`, fix: 'import only its types; deciding happens above' };
}

/** The files directly in src/ wire the rooms together; a command starts what they wire, and nothing starts `main.ts`. */
function ofWiring(own: string, target: string): Breach | null {
  if (own === 'cli' && target !== 'src/main.ts') return null;
  return { message: `imports ${target} from below`, fix: 'what wires everything is imported by cli/ alone' };
}
