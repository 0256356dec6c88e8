import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { buildRouteTable } from '../../../../src/decision/route/build-route-table.ts';
import { findIndistinguishableRoutes } from '../../../../src/decision/route/indistinguishable-routes.ts';
import { RouteHit } from '../../../../src/decision/route/route-hit.ts';
import type { RouteMatch } from '../../../../src/decision/route/route-match.ts';
import { RouteTable } from '../../../../src/decision/route/route-table.ts';
import { facts, route } from './route-facts.ts';

const FIXTURES = new URL('../../../../../test/fixtures/openapi/', import.meta.url);

function readRoutes(): RouteMatch[] {
  const files = readdirSync(FIXTURES).filter((name) => name.endsWith('.tsv'));
  return files.flatMap((file) => {
    const lines = readFileSync(new URL(file, FIXTURES), 'utf8').split('\n').filter(Boolean);
    return lines.map((line) => {
      const [method, path] = line.split('\t');
      return route(path, { hosts: [file.replace('.tsv', '.example.com')], methods: [method] });
    });
  });
}

const routes = readRoutes();
const table = new RouteTable(buildRouteTable(routes));
const hit = new RouteHit();

test('every request made from a template of a real API lands on the route of that template', () => {
  assert.ok(routes.length > 2_000);
  assert.deepEqual(findIndistinguishableRoutes(routes), []);
  routes.forEach(({ hosts, path, methods }, index) => {
    const names = [...path.matchAll(/\{([^}]+)\}/g)].map((match) => match[1]);
    const values = names.map((name, i) => `${name}-value.${i}`);
    let filled = 0;
    const asked = path.replace(/\{[^}]+\}/g, () => values[filled++]);
    const found = table.lookup(facts({ method: methods[0], host: hosts[0], path: asked }), hit);
    assert.equal(found, index, `${methods[0]} ${asked} landed on ${routes[found]?.path}`);
    assert.deepEqual(
      names.map((name) => hit.parameter(name)),
      values,
    );
  });
});

test('a method that a real API does not offer is answered with those it does', () => {
  const offered = new Map<string, Set<string>>();
  for (const { hosts, path, methods } of routes) {
    const key = `${hosts[0]} ${path.replace(/\{[^}]+\}/g, '{}')}`;
    offered.set(key, (offered.get(key) ?? new Set()).add(methods[0]));
  }
  for (const [key, methods] of offered) {
    const [host, path] = key.split(' ');
    const asked = facts({ method: 'PROPFIND', host, path: path.replaceAll('{}', 'some-value') });
    const allowed = table.allowedMethods(asked);
    for (const method of methods) assert.ok(allowed.includes(method), `${method} ${key}`);
  }
});

test('no real path is found on another API', () => {
  for (const { path, methods } of routes) {
    const asked = facts({ method: methods[0], host: 'elsewhere.example.com', path: path.replace(/[{}]/g, '') });
    assert.equal(table.lookup(asked, hit), -1);
  }
});
