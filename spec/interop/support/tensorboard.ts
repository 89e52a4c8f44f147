import { randomUUID } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { join, relative } from 'node:path';

import { eventFileWriter } from 'tfjs-hooks';

import { interop } from './interop.js';
import { parseExact } from './json.js';

/** Of a run, the tags of a plugin, and what is said of each. */
export type Tags = Readonly<Record<string, Readonly<Record<string, TagInfo>>>>;

export interface TagInfo {
  readonly displayName: string;
  /** In HTML. */
  readonly description: string;
}

export type Step = number | string;
export type ScalarPoint = readonly [wallTime: number, step: Step, value: number];
export type Bucket = readonly [left: number, right: number, count: number];
export type HistogramPoint = readonly [wallTime: number, step: Step, buckets: readonly Bucket[]];
export interface ImagePoint {
  readonly wall_time: number;
  readonly step: Step;
  readonly query: string;
}
export interface TextPoint {
  readonly wall_time: number;
  readonly step: Step;
  /** In HTML. */
  readonly text: string;
}

/** A new directory below the one that TensorBoard looks at. */
export function newRun(...path: readonly string[]): string {
  const directory = join(interop.runs, ...path);
  mkdirSync(directory, { recursive: true });
  return directory;
}

/** What TensorBoard calls a directory. */
export function runOf(directory: string): string {
  return relative(interop.runs, directory);
}

/** Resolves once TensorBoard has read all that was written before the call. */
export async function tensorBoardHasRead(): Promise<void> {
  // It looks for runs, then reads them all, then looks again. The first run is seen by a look from
  // now on; when the second one is seen, what that look found has been read.
  for (let i = 0; i < 2; i++) {
    const name = `sentinel-${randomUUID()}`;
    const writer = eventFileWriter(newRun(name));
    writer.scalar('seen', 1, 1);
    writer.close();
    await until(async () => (await get<string[]>('/data/runs')).includes(name));
  }
}

/** Tags by run, of a plugin. */
export async function tagsOf(plugin: 'scalars' | 'histograms' | 'images'): Promise<Tags> {
  return get(`/data/plugin/${plugin}/tags`);
}

export async function textTags(): Promise<Readonly<Record<string, readonly string[]>>> {
  return get('/data/plugin/text/tags');
}

export async function scalars(directory: string, tag: string): Promise<ScalarPoint[]> {
  const run = runOf(directory);
  // Posted, since an address has no room for a long tag.
  const body = new URLSearchParams({ tag, runs: run });
  const path = '/data/plugin/scalars/scalars_multirun';
  const response = await request(path, { method: 'POST', body });
  const points = parseExact(await response.text()) as Record<string, ScalarPoint[]>;
  return points[run] ?? [];
}

/** Step and value of each scalar of a directory, by tag. */
export async function scalarsOf(directory: string): Promise<Record<string, [Step, number][]>> {
  const tags = Object.keys((await tagsOf('scalars'))[runOf(directory)] ?? {});
  const entries = tags.map(async (tag) => {
    const points = await scalars(directory, tag);
    return [tag, points.map(([, step, value]): [Step, number] => [step, value])] as const;
  });
  return Object.fromEntries(await Promise.all(entries));
}

export async function histograms(directory: string, tag: string): Promise<HistogramPoint[]> {
  return get('/data/plugin/histograms/histograms', { run: runOf(directory), tag });
}

export async function texts(directory: string, tag: string): Promise<TextPoint[]> {
  return get('/data/plugin/text/text', { run: runOf(directory), tag });
}

/** The images with that index in their batch. */
export async function images(
  directory: string,
  tag: string,
  sample: number,
): Promise<ImagePoint[]> {
  return get('/data/plugin/images/images', {
    run: runOf(directory),
    tag,
    sample: String(sample),
  });
}

export async function imageBytes({ query }: ImagePoint): Promise<Buffer> {
  const response = await request(`/data/plugin/images/individualImage?${query}`);
  return Buffer.from(await response.arrayBuffer());
}

/** For each run with a graph, what there is of it. */
export async function graphs(): Promise<
  Readonly<Record<string, { readonly tags: Readonly<Record<string, object>> }>>
> {
  return get('/data/plugin/graphs/info');
}

/** The drawing of a model, as the text of a `GraphDef`. */
export async function conceptualGraph(directory: string, tag: string): Promise<string> {
  const query = new URLSearchParams({ run: runOf(directory), tag, conceptual: 'true' });
  return (await request(`/data/plugin/graphs/graph?${query}`)).text();
}

/** How TensorBoard reads. */
export async function dataProvider(): Promise<string> {
  const response = await request('/data/environment');
  return response.text();
}

async function get<T>(path: string, query: Readonly<Record<string, string>> = {}): Promise<T> {
  const response = await request(`${path}?${new URLSearchParams(query)}`);
  return parseExact(await response.text()) as T;
}

async function request(path: string, init: RequestInit = {}): Promise<Response> {
  const response = await fetch(`${interop.tensorboard}${path}`, init);
  if (!response.ok) {
    throw new Error(`TensorBoard answers ${response.status} to ${path}: ${await response.text()}`);
  }
  return response;
}

async function until(holds: () => Promise<boolean>): Promise<void> {
  const deadline = performance.now() + 60_000;
  while (!(await holds())) {
    if (performance.now() > deadline) {
      throw new Error('TensorBoard did not see a new run for 60 seconds.');
    }
    await new Promise((resolve) => {
      setTimeout(resolve, 100);
    });
  }
}
