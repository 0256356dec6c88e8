/** Holds what a gateway answers to what its own OpenAPI document says of it. */
import assert from 'node:assert/strict';
import { Ajv2020 } from 'ajv/dist/2020.js';

interface Operation {
  readonly responses: Readonly<Record<string, { readonly content: Readonly<Record<string, { schema: object }>> }>>;
}

type Paths = Readonly<Record<string, Readonly<Record<string, Operation>>>>;

export class DescribedAnswers {
  readonly #paths: Paths;
  readonly #ajv = new Ajv2020({ strict: false, allErrors: true, formats: { 'date-time': true } });

  constructor(document: Record<string, unknown>) {
    const closed = close(document) as Record<string, unknown>;
    this.#paths = closed['paths'] as Paths;
    this.#ajv.addSchema({ $id: 'api', components: closed['components'] });
  }

  /** @throws AssertionError when the answer is not what the document says */
  check(method: string, path: string, status: number, contentType: string, body: unknown): void {
    const plain = path.split('?', 1)[0]!;
    const template = Object.keys(this.#paths).find((each) => patternOf(each).test(plain));
    const operation = template === undefined ? undefined : this.#paths[template]![method.toLowerCase()];
    if (operation === undefined) return;
    const content = operation.responses[status]?.content[contentType];
    assert.ok(
      content !== undefined,
      `${method} ${path} answers ${status} ${contentType}, which is not in its document`,
    );
    const schema = JSON.parse(JSON.stringify(content.schema).replaceAll('"#/', '"api#/')) as object;
    const isValid = this.#ajv.validate(schema, body);
    assert.ok(isValid, `${method} ${path} ${status}: ${this.#ajv.errorsText()} in ${JSON.stringify(body)}`);
  }
}

function patternOf(template: string): RegExp {
  return new RegExp(`^${template.replace(/\{\w+\}/g, '[^/]+').replaceAll('.', '\\.')}$`);
}

/** Members that are not in the document are none that a client could know of: here they are a mistake. */
function close(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(close);
  if (typeof value !== 'object' || value === null) return value;
  const closed = Object.fromEntries(Object.entries(value).map(([key, item]) => [key, close(item)]));
  if (closed['type'] === 'object' && 'properties' in closed) closed['additionalProperties'] ??= false;
  return closed;
}
