import { readFileSync } from 'node:fs';
import { z } from 'zod';

const panel = z.looseObject({
  id: z.number(),
  type: z.string(),
  title: z.string(),
  description: z.string().default(''),
  gridPos: z.object({ x: z.number(), y: z.number(), w: z.number(), h: z.number() }),
  datasource: z.object({ type: z.string(), uid: z.string() }).optional(),
  fieldConfig: z.looseObject({ defaults: z.looseObject({ unit: z.string().default('') }) }).optional(),
  targets: z.array(z.looseObject({ refId: z.string(), expr: z.string() })).default([]),
});

const dashboard = z.looseObject({
  uid: z.string(),
  title: z.string(),
  templating: z.object({ list: z.array(z.looseObject({ name: z.string(), type: z.string(), query: z.string() })) }),
  panels: z.array(panel),
});

export type Dashboard = z.infer<typeof dashboard>;
export type Panel = Dashboard['panels'][number];

/** Reads a Grafana dashboard. Throws when it lacks what every one of ours has. */
export function readDashboard(path: string): Dashboard {
  return dashboard.parse(JSON.parse(readFileSync(path, 'utf8')));
}

/** The panels that draw something; a row is only a heading. */
export function drawingPanels({ panels }: Dashboard): readonly Panel[] {
  return panels.filter(({ type }) => type !== 'row');
}
