import { valueAt } from '../source/source.ts';
import type { Lint } from './lint.ts';

/** Scripts of every site may read what the route answers. */
export const corsAnyOrigin: Lint = {
  id: 'cors-any-origin',
  *find({ policies }) {
    const told = new Set<string>();
    for (const { name, options, path } of policies.flat()) {
      const key = path.join('\0');
      if (name !== 'cors' || told.has(key)) continue;
      told.add(key);
      const origins = valueAt(options, ['origins']) ?? valueAt(options, ['origin']);
      const isAny = origins === '*' || (Array.isArray(origins) && origins.includes('*'));
      if (isAny) yield { path, message: 'scripts of every origin may read the answers of this route' };
    }
  },
};
