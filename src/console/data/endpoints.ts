/** What each address of the API takes and gives, from its routes themselves: a field that is renamed there is an error here. */
import type { ExtractSchema } from 'hono/types';

import type { Api } from '../../api/app.ts';

type Endpoints = ExtractSchema<Api>;
type Base = '/api/v1';

export type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
type Key<M extends Method> = `$${Lowercase<M>}`;

/** The addresses that take the method, without what is before all of them: `/syncs/:name`. */
export type Address<M extends Method> = {
  [Path in keyof Endpoints]: Path extends `${Base}${infer Rest}`
    ? Key<M> extends keyof Endpoints[Path]
      ? Rest
      : never
    : never;
}[keyof Endpoints];

type Endpoint<M extends Method, A extends string> = `${Base}${A}` extends keyof Endpoints
  ? Key<M> extends keyof Endpoints[`${Base}${A}`]
    ? Endpoints[`${Base}${A}`][Key<M>]
    : never
  : never;

type InputOf<M extends Method, A extends string> =
  Endpoint<M, A> extends { readonly input: infer Input } ? Input : never;

/** Names of a query are the API's own; a text stands for what is read from it, such as a number. */
type QueryOf<Names> = {
  readonly [Name in keyof Names]?:
    | (unknown extends Names[Name] ? string : Extract<Names[Name], string>)
    | undefined;
};

type ParamPart<Input> = Input extends { readonly param: infer Param }
  ? { readonly param: { readonly [Name in keyof Param]: string } }
  : unknown;
type QueryPart<Input> = Input extends { readonly query?: infer Names }
  ? unknown extends Names
    ? unknown
    : { readonly query?: QueryOf<Names> }
  : unknown;
type JsonPart<Input> = Input extends { readonly json: infer Body } ? { readonly json: Body } : unknown;

/** What a request must say: the names in its address, its query, its body. */
export type Asked<M extends Method, A extends string> = ParamPart<InputOf<M, A>> &
  QueryPart<InputOf<M, A>> &
  JsonPart<InputOf<M, A>>;

/** Left out where nothing needs to be said. */
export type Asking<M extends Method, A extends string> =
  object extends Asked<M, A> ? readonly [asked?: Asked<M, A>] : readonly [asked: Asked<M, A>];

/** What comes back when it went well; undefined where that is nothing. */
export type Answer<M extends Method, A extends string> =
  Extract<Endpoint<M, A>, { readonly status: 200 | 201 | 202 }> extends never
    ? undefined
    : Extract<Endpoint<M, A>, { readonly status: 200 | 201 | 202 }> extends { readonly output: infer Output }
      ? Output
      : undefined;

/** What the body of a request may hold. */
export type BodyOf<M extends Method, A extends string> =
  InputOf<M, A> extends { readonly json: infer Json } ? Json : never;

/** What a list can be filtered by. */
export type Query<A extends Address<'GET'>> =
  InputOf<'GET', A> extends { readonly query?: infer Names } ? QueryOf<Names> : never;
