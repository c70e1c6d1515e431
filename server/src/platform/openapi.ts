import * as z from 'zod';
import type { Operation } from './http';

type Json = Record<string, unknown>;

/** JSON Schema of one zod schema, in the dialect that OpenAPI 3.1 uses. */
function schemaOf(schema: z.ZodType, io: 'input' | 'output'): Json {
  const { $schema: _dialect, ...rest } = z.toJSONSchema(schema, {
    io,
    unrepresentable: 'any',
    reused: 'inline',
  });
  return rest;
}

function propertiesOf(schema: Json): { properties: Record<string, Json>; required: string[] } {
  const properties = schema.properties;
  const required = schema.required;
  return {
    properties: isRecordOfJson(properties) ? properties : {},
    required: Array.isArray(required) ? required.filter((name) => typeof name === 'string') : [],
  };
}

function isRecordOfJson(value: unknown): value is Record<string, Json> {
  return typeof value === 'object' && value !== null;
}

/** The OpenAPI 3.1 document of everything that is mounted; nothing is described by hand, so nothing can be forgotten. */
export function openApi(operations: readonly Operation[], version: string, basePath: string): Json {
  const paths: Record<string, Json> = {};
  for (const { route, input, output, access, multipart, bytes } of operations) {
    const path = `/api${route.path.replace(/:(\w+)/g, '{$1}')}`;
    const inPath = [...route.path.matchAll(/:(\w+)/g)].map((match) => match[1] ?? '');
    const whole = schemaOf(input, 'input');
    const { properties, required } = propertiesOf(whole);
    const rest = Object.entries(properties).filter(([name]) => !inPath.includes(name));
    const bodyLess = route.method === 'GET' || route.method === 'DELETE';
    const body = {
      ...whole,
      properties: Object.fromEntries(rest),
      required: required.filter((name) => !inPath.includes(name)),
    };
    const operation: Json = {
      operationId: `${route.method.toLowerCase()}${route.path.replace(/[/:-]+(\w)/g, (_all, letter: string) => letter.toUpperCase())}`,
      security:
        access === 'public' ? [] : access === 'integration' ? [{ token: [] }] : [{ session: [] }],
      parameters: [
        ...inPath.map((name) => ({
          name,
          in: 'path',
          required: true,
          schema: properties[name] ?? {},
        })),
        ...(bodyLess || bytes
          ? rest.map(([name, schema]) => ({
              name,
              in: 'query',
              required: required.includes(name),
              schema,
            }))
          : []),
      ],
      responses: {
        200:
          output === 'binary'
            ? { description: 'The bytes', content: { 'application/octet-stream': {} } }
            : {
                description: 'Done',
                content: { 'application/json': { schema: schemaOf(output, 'output') } },
              },
        default: {
          description: 'Refused',
          content: {
            'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } },
          },
        },
      },
    };
    if (bytes) {
      operation.requestBody = { required: true, content: { 'application/octet-stream': {} } };
    } else if (!bodyLess) {
      const withFile = multipart
        ? {
            ...body,
            properties: {
              ...Object.fromEntries(rest),
              file: { type: 'string', contentEncoding: 'binary' },
            },
          }
        : body;
      operation.requestBody = {
        required: body.required.length > 0,
        content: { [multipart ? 'multipart/form-data' : 'application/json']: { schema: withFile } },
      };
    }
    if (route.socket) operation['x-socket-event'] = route.socket;
    paths[path] = { ...paths[path], [route.method.toLowerCase()]: operation };
  }
  return {
    openapi: '3.1.0',
    info: { title: 'Otklik', version, license: { name: 'MIT', identifier: 'MIT' } },
    servers: [{ url: basePath === '/' ? '/' : basePath.replace(/\/$/, '') }],
    paths,
    components: {
      securitySchemes: {
        session: { type: 'apiKey', in: 'cookie', name: 'otklik_session' },
        token: { type: 'http', scheme: 'bearer' },
      },
      schemas: {
        Problem: {
          type: 'object',
          required: ['type', 'title', 'status', 'code', 'facts', 'requestId'],
          properties: {
            type: { type: 'string' },
            title: { type: 'string' },
            status: { type: 'integer' },
            code: { type: 'string' },
            facts: { type: 'object' },
            requestId: { type: 'string' },
          },
        },
      },
    },
  };
}
