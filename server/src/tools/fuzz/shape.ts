import { between, pick } from '../chaos/random';
import { HOSTILE, NUMBERS, PROTOTYPE_KEYS } from './corpus';

type Random = () => number;
export type Fields = Record<string, unknown>;

/** What we read of JSON Schema, as the OpenAPI document has it. */
export interface JsonSchema {
  type?: string | string[];
  anyOf?: JsonSchema[];
  oneOf?: JsonSchema[];
  allOf?: JsonSchema[];
  enum?: unknown[];
  const?: unknown;
  properties?: Record<string, JsonSchema>;
  required?: string[];
  additionalProperties?: JsonSchema | boolean;
  propertyNames?: JsonSchema;
  items?: JsonSchema;
  minItems?: number;
  maxItems?: number;
  minLength?: number;
  maxLength?: number;
  minimum?: number;
  maximum?: number;
  exclusiveMinimum?: number;
  exclusiveMaximum?: number;
  pattern?: string;
  format?: string;
}

/** Values that mean something on this server, by the name of the field that takes them; `ids` for any other id. */
export interface Known {
  byField: Record<string, readonly unknown[]>;
  ids: readonly string[];
}

export function uuid(random: Random): string {
  const hex = Array.from({ length: 32 }, () => Math.floor(random() * 16).toString(16));
  hex[12] = '4';
  hex[16] = '89ab'[Math.floor(random() * 4)] ?? '8';
  return hex.join('').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}

const DATES = ['2026-01-01', '2026-05-04', '2026-06-30', '2026-12-31', '2024-02-29'];
const PATTERNED = [
  'a'.repeat(64),
  '12:30',
  '123456',
  'D-1',
  'ru',
  'abc',
  '2026-01-15',
  '2026-01',
  'a@example.test',
];
const WORDS = [
  'слова',
  'Где заказ?',
  'two words',
  'x',
  'Ёлка 🎄',
  'пришло 4 коробки',
  '<b>',
  '100 %',
];

const typesOf = (schema: JsonSchema): string[] =>
  Array.isArray(schema.type) ? schema.type : schema.type === undefined ? [] : [schema.type];
const branchesOf = (schema: JsonSchema): JsonSchema[] => schema.anyOf ?? schema.oneOf ?? [];

/** A value that the schema most likely takes. */
export function valid(random: Random, schema: JsonSchema, field: string, known: Known): unknown {
  if (schema.const !== undefined) return schema.const;
  if (schema.enum !== undefined) return pick(random, schema.enum);
  const branches = branchesOf(schema);
  if (branches.length > 0) return valid(random, pick(random, branches), field, known);
  const whole = schema.allOf?.reduce((sum, part) => ({ ...sum, ...part }), schema) ?? schema;
  const types = typesOf(whole);
  switch (types.length > 1 ? pick(random, types) : types[0]) {
    case 'null':
      return null;
    case 'boolean':
      return random() < 0.5;
    case 'integer':
    case 'number':
      return aNumber(random, whole, field, known);
    case 'string':
      return aText(random, whole, field, known);
    case 'array':
      return aList(random, whole, field, known);
    case 'object':
      return anObject(random, whole, known);
    default:
      return pick(random, ['x', 1, null, true]);
  }
}

const ofType = (known: Known, field: string, type: 'string' | 'number') =>
  (known.byField[field] ?? []).filter((value) => typeof value === type);

function aNumber(random: Random, schema: JsonSchema, field: string, known: Known): number {
  const fitting = ofType(known, field, 'number');
  if (fitting.length > 0 && random() < 0.7) return pick(random, fitting) as number;
  const low = schema.minimum ?? (schema.exclusiveMinimum ?? -1) + 1;
  const high = Math.min(schema.maximum ?? 1_000, low + (random() < 0.8 ? 10 : 100_000));
  return Math.floor(between(random, low, high + 1 - 1e-9));
}

const isId = (value: unknown) => /^[\da-f-]{36}$/.test(String(value));

function aText(random: Random, schema: JsonSchema, field: string, known: Known): string {
  const fitting = ofType(known, field, 'string').filter((value) =>
    schema.format === undefined || schema.format === 'uuid'
      ? isId(value) === (schema.format === 'uuid')
      : false,
  );
  if (fitting.length > 0 && random() < 0.9) return String(pick(random, fitting));
  if (schema.format === 'uuid') {
    // Ids that the sender chooses are new ones.
    return field === 'clientId' || random() < 0.1 ? uuid(random) : pick(random, known.ids);
  }
  if (schema.format === 'date') return pick(random, DATES);
  if (schema.format === 'date-time')
    return `${pick(random, DATES)}T0${Math.floor(random() * 9)}:00:00Z`;
  if (schema.format === 'email') return `fuzz${Math.floor(random() * 1e6)}@example.test`;
  if (schema.pattern !== undefined) {
    const pattern = new RegExp(schema.pattern, 'u');
    const fits = PATTERNED.filter((text) => pattern.test(text));
    if (fits.length > 0) return pick(random, fits);
  }
  const text = pick(random, WORDS).padEnd(schema.minLength ?? 0, 'x');
  return text.slice(0, schema.maxLength ?? 200);
}

function aList(random: Random, schema: JsonSchema, field: string, known: Known): unknown[] {
  const least = schema.minItems ?? 0;
  const most = Math.min(schema.maxItems ?? 4, least + 3);
  const length = random() < 0.5 ? least : Math.floor(between(random, least, most + 1));
  const items = Array.from({ length }, () => valid(random, schema.items ?? {}, field, known));
  return items.every((item) => typeof item === 'string') ? [...new Set(items)] : items;
}

function anObject(random: Random, schema: JsonSchema, known: Known): Fields {
  const made: Fields = {};
  // Many fields that fit one by one seldom fit together: half of the objects have few.
  const part = random() < 0.5 ? 0.05 : 0.4;
  for (const [name, inner] of Object.entries(schema.properties ?? {})) {
    if (schema.required?.includes(name) || random() < part)
      made[name] = valid(random, inner, name, known);
  }
  const extra = schema.additionalProperties;
  if (typeof extra === 'object' && schema.properties === undefined && random() < 0.6)
    made[String(valid(random, schema.propertyNames ?? { type: 'string' }, '', known))] = valid(
      random,
      extra,
      '',
      known,
    );
  return made;
}

export const MUTATIONS = [
  'swapped',
  'boundary',
  'extra',
  'missing',
  'hostile',
  'stranger',
] as const;
export type Mutation = (typeof MUTATIONS)[number];

/** One place in a value; `owner` is null for the value itself. */
interface Place {
  owner: Fields | unknown[];
  key: string | number;
  value: unknown;
  schema: JsonSchema;
}

function placesIn(value: unknown, schema: JsonSchema): Place[] {
  if (typeof value !== 'object' || value === null) return [];
  const whole = branchesOf(schema).find((one) => one.properties ?? one.items) ?? schema;
  const list = Array.isArray(value);
  const pairs: [string | number, unknown][] = list
    ? value.map((item, at): [number, unknown] => [at, item])
    : Object.entries(value);
  return pairs.flatMap(([key, inner]) => {
    const own = list ? whole.items : whole.properties?.[key];
    const at: Place = { owner: value as Fields, key, value: inner, schema: own ?? {} };
    return [at, ...placesIn(inner, own ?? {})];
  });
}

/** Sets a field, also one that is called `__proto__`. */
function put(owner: Fields | unknown[], key: string | number, value: unknown): void {
  Object.defineProperty(owner, key, {
    value,
    enumerable: true,
    configurable: true,
    writable: true,
  });
}

/** Makes one thing in `input` other than it should be. Changes `input` itself. */
export function mutate(
  random: Random,
  mutation: Mutation,
  input: Fields,
  schema: JsonSchema,
  known: Known,
): void {
  const places = placesIn(input, schema);
  const objects = [input, ...places.flatMap(({ value }) => (isObject(value) ? [value] : []))];
  const place = places.length > 0 ? pick(random, places) : null;
  if (mutation === 'extra' || place === null) {
    const name = random() < 0.5 ? pick(random, PROTOTYPE_KEYS) : 'surprise';
    put(pick(random, objects), name, pick(random, [{ role: 'admin' }, 'x', 1, null, []]));
    return;
  }
  switch (mutation) {
    case 'swapped':
      return put(place.owner, place.key, another(random, place.value));
    case 'boundary':
      return put(place.owner, place.key, atLimit(random, place));
    case 'missing':
      if (Array.isArray(place.owner)) place.owner.length = 0;
      else delete place.owner[String(place.key)];
      return;
    case 'hostile':
      return put(place.owner, place.key, pick(random, HOSTILE));
    case 'stranger':
      return put(place.owner, place.key, pick(random, known.ids));
  }
}

const isObject = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** A value of another type. */
function another(random: Random, value: unknown): unknown {
  const deep = JSON.parse(`${'{"a":'.repeat(60)}1${'}'.repeat(60)}`) as unknown;
  const others = ['x', 7, true, null, [1], { a: 1 }, deep, [[[[[[]]]]]], '', 1.5];
  return pick(
    random,
    others.filter((other) => typeof other !== typeof value || Array.isArray(other)),
  );
}

/** A value at, and just beyond, what the schema allows. */
function atLimit(random: Random, { value, schema }: Place): unknown {
  const facts = branchesOf(schema).find((one) => one.type !== 'null') ?? schema;
  if (typeof value === 'number')
    return pick(random, [
      ...NUMBERS,
      ...[facts.minimum, facts.maximum].flatMap((end) =>
        end === undefined ? [] : [end - 1, end, end + 1],
      ),
    ]);
  if (typeof value === 'string') {
    const most = Math.min(facts.maxLength ?? 1_000, 30_000);
    return pick(random, ['', 'x', 'я'.repeat(most), 'x'.repeat(most + 1), ' '.repeat(most)]);
  }
  if (Array.isArray(value)) {
    const most = Math.min(facts.maxItems ?? 100, 1_200);
    const item: unknown = value[0] ?? 'x';
    return pick(random, [
      [],
      Array.from({ length: most }, () => item),
      Array.from({ length: most + 1 }, () => item),
    ]);
  }
  return pick(random, NUMBERS);
}

/** Names of fields in an answer that its schema does not know: `parsed` is what the schema made of it. */
export function undocumented(answer: unknown, parsed: unknown, path = ''): string[] {
  if (typeof answer !== 'object' || answer === null) return [];
  if (typeof parsed !== 'object' || parsed === null) return [path];
  return Object.entries(answer).flatMap(([key, value]) => {
    const at = path === '' ? key : `${path}.${key}`;
    if (!Object.hasOwn(parsed, key)) return [at];
    return undocumented(value, (parsed as Fields)[key], at);
  });
}
