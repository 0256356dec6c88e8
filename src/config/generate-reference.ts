/** `npm run generate`: writes what is made from the schema and the error table into the repository. A test checks that it was run. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { errorsPage } from '../errors/errors-page.ts';
import { referencePage } from './reference-page.ts';
import { jsonSchema } from './schema/json-schema.ts';

/** Generated files by their path in the repository. */
export function generateReference(): ReadonlyMap<string, string> {
  const schema = jsonSchema();
  const titled = { title: 'Penstock configuration', ...schema };
  return new Map([
    ['config/penstock.schema.json', formatJson(titled)],
    ['docs/configuration.md', referencePage(schema)],
    ['docs/errors.md', errorsPage()],
  ]);
}

/** Of the repository's formatter (biome.json). */
const LINE_WIDTH = 120;

/** JSON as the repository's formatter leaves it: two blanks a level, short lists of plain values on one line. */
function formatJson(value: object): string {
  const text = JSON.stringify(value, null, 2);
  const oneLine = text.replace(/\[\n\s+([^[\]{}]+?)\n\s+\]/g, (list: string, items: string, at: number) => {
    const line = `[${items.replace(/,\n\s+/g, ', ')}]`;
    const indent = at - text.lastIndexOf('\n', at) - 1;
    const comma = text[at + list.length] === ',' ? 1 : 0;
    return indent + line.length + comma > LINE_WIDTH ? list : line;
  });
  return `${oneLine}\n`;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  for (const [path, text] of generateReference()) writeFileSync(join(process.cwd(), path), text);
}
