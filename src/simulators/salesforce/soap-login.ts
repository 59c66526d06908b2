/** The SOAP login, which older clients still begin with. The rest of the SOAP API is not simulated. */
import type { HttpAnswer, HttpRequest } from '../http-server.ts';
import { textAnswer } from './answer.ts';
import type { Sessions } from './sessions.ts';

const PATH = /^\/services\/Soap\/[uc]\/(\d+\.\d)(\/\w+)?$/;
const ENTITIES: ReadonlyMap<string, string> = new Map([
  ['&lt;', '<'],
  ['&gt;', '>'],
  ['&quot;', '"'],
  ['&apos;', "'"],
  ['&amp;', '&'],
]);

/** Null when the path is not that of the SOAP API. */
export function answerSoap(
  request: HttpRequest,
  sessions: Sessions,
  orgId: string,
  clientId: string,
): HttpAnswer | null {
  const [, version] = PATH.exec(request.path) ?? [];
  if (version === undefined) return null;
  const body = request.body.toString('utf8');
  const username = element(body, 'username');
  if (username === null) return fault('INVALID_OPERATION', 'Only login is simulated');
  const login = sessions.login(username);
  const app = sessions.app(clientId);
  if (login === null || app === null || element(body, 'password') !== login.password) {
    return fault('INVALID_LOGIN', 'Invalid username, password, security token; or user locked out.');
  }
  const session = sessions.open(app, login);
  const url = `${request.origin}/services/Soap/u/${version}/${orgId.slice(0, 15)}`;
  const { userId, name } = login.actor;
  const userParts = `<organizationId>${orgId}</organizationId><userFullName>${name}</userFullName><userId>${userId}</userId><userName>${username}</userName>`;
  const result = `<passwordExpired>false</passwordExpired><sandbox>false</sandbox><serverUrl>${url}</serverUrl><sessionId>${session.token}</sessionId><userId>${userId}</userId><userInfo>${userParts}</userInfo>`;
  return textAnswer(200, envelope(`<loginResponse><result>${result}</result></loginResponse>`), 'text/xml');
}

function element(xml: string, name: string): string | null {
  const [, content] = new RegExp(`<(?:\\w+:)?${name}>([^<]*)</`).exec(xml) ?? [];
  return content?.replaceAll(/&\w+;/g, (entity) => ENTITIES.get(entity) ?? entity) ?? null;
}

function fault(code: string, message: string): HttpAnswer {
  const detail = `<faultcode>sf:${code}</faultcode><faultstring>${code}: ${message}</faultstring><detail><sf:LoginFault><sf:exceptionCode>${code}</sf:exceptionCode><sf:exceptionMessage>${message}</sf:exceptionMessage></sf:LoginFault></detail>`;
  return textAnswer(500, envelope(`<soapenv:Fault>${detail}</soapenv:Fault>`), 'text/xml');
}

function envelope(body: string): string {
  const names =
    'xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/" xmlns="urn:partner.soap.sforce.com" xmlns:sf="urn:fault.partner.soap.sforce.com"';
  return `<?xml version="1.0" encoding="UTF-8"?><soapenv:Envelope ${names}><soapenv:Body>${body}</soapenv:Body></soapenv:Envelope>`;
}
