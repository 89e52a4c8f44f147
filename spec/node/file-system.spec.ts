import {
  mkdirSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import * as tf from '@tensorflow/tfjs';
import { fileSystem, ValueError } from 'tfjs-hooks';
import { bytesOf, data, makeModel, temporaryDirectory } from '../support/training.js';

const temporary = temporaryDirectory();

function at(...parts: readonly string[]): string {
  return join(temporary(), ...parts);
}

async function saved(): Promise<tf.Sequential> {
  const model = makeModel();
  const { xs, ys } = data();
  await model.fit(xs, ys, { verbose: 0 });
  await model.save(fileSystem(at('a', 'm')), { includeOptimizer: true });
  return model;
}

/** Changes the manifest of the saved model. */
function change(edit: (group: { paths: string[]; weights: object[] }) => void): void {
  const file = at('a', 'm', 'model.json');
  const json = JSON.parse(readFileSync(file, 'utf8')) as { weightsManifest: [never] };
  edit(json.weightsManifest[0]);
  writeFileSync(file, JSON.stringify(json));
}

function load(): Promise<tf.LayersModel> {
  return tf.loadLayersModel(fileSystem(at('a', 'm')));
}

describe('fileSystem', () => {
  it('is a tf.io.IOHandler', () => {
    const handler: tf.io.IOHandler = fileSystem(at('m'));
    expect(Object.keys(handler)).toEqual(['save', 'load']);
  });

  it('saves and loads a model, its optimizer and metadata', async () => {
    const model = makeModel();
    model.setUserDefinedMetadata({ classes: ['a'] });
    const { xs, ys } = data();
    await model.fit(xs, ys, { verbose: 0 });
    const result = await model.save(fileSystem(at('a', 'm')), { includeOptimizer: true });
    expect(result.modelArtifactsInfo).toMatchObject({
      dateSaved: expect.any(Date),
      modelTopologyType: 'JSON',
      weightDataBytes: expect.any(Number),
    });
    expect(readdirSync(at('a', 'm')).sort()).toEqual(['model.json', 'weights.bin']);

    const loaded = await load();
    expect(bytesOf(loaded)).toEqual(bytesOf(model));
    expect(loaded.optimizer.iterations).toBe(1);
    expect(loaded.getUserDefinedMetadata()).toEqual({ classes: ['a'] });
  });

  it('replaces a model whole', async () => {
    await saved();
    writeFileSync(at('a', 'm', 'labels.txt'), 'mine');
    const other = makeModel({ seed: 9 });
    await other.save(fileSystem(at('a', 'm')));
    expect(bytesOf(await load())).toEqual(bytesOf(other));
    expect(readdirSync(at('a', 'm'))).toHaveLength(3);
    await other.save(fileSystem(at('a', 'm')));
    expect(readdirSync(at('a', 'm')).sort()).toEqual(['labels.txt', 'model.json', 'weights.bin']);
  });

  it('takes saves of one directory one after the other', async () => {
    await saved();
    const models = [5, 6, 7].map((seed) => makeModel({ seed }));
    await Promise.all(models.map((model) => model.save(fileSystem(at('a', 'm')))));
    expect(bytesOf(await load())).toEqual(bytesOf(models[2] as tf.Sequential));
    const refused = fileSystem(at('a', 'm')).save?.({ modelTopology: undefined as never });
    await Promise.all([
      expect(refused).rejects.toThrow(ValueError),
      models[0]?.save(fileSystem(at('a', 'm'))),
    ]);
    expect(bytesOf(await load())).toEqual(bytesOf(models[0] as tf.Sequential));
    expect(readdirSync(at('a', 'm'))).toHaveLength(2);
  });

  it('leaves the model that is there when saving fails', async () => {
    const model = await saved();
    const handler = fileSystem(at('a', 'm'));
    await expect(
      handler.save({
        modelTopology: {},
        weightSpecs: [{ name: 'a', shape: [2], dtype: 'float32' }],
        weightData: new ArrayBuffer(4),
      }),
    ).rejects.toThrow(/the weights have 4 bytes, but by their shapes and types they need 8\./);
    await expect(handler.save({ modelTopology: new ArrayBuffer(4) })).rejects.toThrow(
      /the topology must be JSON/,
    );
    expect(bytesOf(await load())).toEqual(bytesOf(model));
    expect(readdirSync(at('a', 'm'))).toHaveLength(2);
  });

  it('takes weights in several buffers, and views', async () => {
    const whole = Float32Array.of(9, 1, 2, 3);
    const handler = fileSystem(at('m'));
    await handler.save({
      modelTopology: {},
      weightSpecs: [{ name: 'a', shape: [3], dtype: 'float32' }],
      weightData: [whole.subarray(1, 2) as never, Float32Array.of(2, 3).buffer],
    });
    const { weightData } = await handler.load();
    expect([...new Float32Array(weightData as ArrayBuffer)]).toEqual([1, 2, 3]);
  });

  it('loads weights in several files, below the directory too', async () => {
    const model = await saved();
    const bytes = readFileSync(at('a', 'm', 'weights.bin'));
    mkdirSync(at('a', 'm', 'shards'));
    writeFileSync(at('a', 'm', 'shards', '1'), bytes.subarray(0, 10));
    writeFileSync(at('a', 'm', 'shards', '2'), bytes.subarray(10));
    change((group) => {
      group.paths = ['shards/1', 'shards/2'];
    });
    expect(bytesOf(await load())).toEqual(bytesOf(model));
  });

  it('holds strings, quantized weights and a model without weights', async () => {
    const handler = fileSystem(at('m'));
    const artifacts = {
      modelTopology: {},
      weightSpecs: [
        { name: 'a', shape: [2], dtype: 'string' as const },
        {
          name: 'b',
          shape: [3],
          dtype: 'float32' as const,
          quantization: { dtype: 'uint8' as const },
        },
      ],
      weightData: Uint8Array.of(1, 0, 0, 0, 65, 0, 0, 0, 0, 7, 8, 9).buffer,
    };
    await handler.save(artifacts);
    expect(await handler.load()).toEqual(artifacts);
    await handler.save({ modelTopology: {} });
    expect(await handler.load()).toEqual({
      modelTopology: {},
      weightSpecs: [],
      weightData: new ArrayBuffer(0),
    });
  });

  it.each([
    ['too short', (file: string) => truncateSync(file, 8)],
    ['too long', (file: string) => writeFileSync(file, Buffer.alloc(5000))],
    ['empty', (file: string) => truncateSync(file, 0)],
  ])('refuses a file that is %s', async (_, damage) => {
    await saved();
    damage(at('a', 'm', 'weights.bin'));
    await expect(load()).rejects.toThrow(/the weights have \d+ bytes, but by their shapes/);
  });

  it('refuses strings that are longer than the file', async () => {
    const handler = fileSystem(at('m'));
    await handler.save({
      modelTopology: {},
      weightSpecs: [{ name: 'a', shape: [1], dtype: 'string' }],
      weightData: Uint8Array.of(1, 0, 0, 0, 65).buffer,
    });
    writeFileSync(at('m', 'weights.bin'), Uint8Array.of(9, 0, 0, 0, 65));
    await expect(handler.load()).rejects.toThrow(/the weights have 5 bytes/);
  });

  it.each(['../weights.bin', '/etc/hostname', 'x/../../weights.bin', '.', '..', ''])(
    'refuses the name %p, which leads out',
    async (name) => {
      await saved();
      writeFileSync(at('a', 'weights.bin'), readFileSync(at('a', 'm', 'weights.bin')));
      change((group) => {
        group.paths = [name];
      });
      await expect(load()).rejects.toThrow(`names '${name}', which leads out of its directory`);
    },
  );

  it('refuses a link that leads out', async () => {
    await saved();
    writeFileSync(at('outside'), readFileSync(at('a', 'm', 'weights.bin')));
    symlinkSync(at('outside'), at('a', 'm', 'link'));
    change((group) => {
      group.paths = ['link'];
    });
    await expect(load()).rejects.toThrow("names 'link', which leads out of its directory");
  });

  it.each([
    ['a list', '[]'],
    ['null', 'null'],
    ['a malformed manifest', '{"weightsManifest":[{"paths":"weights.bin","weights":[]}]}'],
    ['a weight without shape', '{"weightsManifest":[{"paths":[],"weights":[{"name":"a"}]}]}'],
  ])('refuses a model.json that is %s', async (_, text) => {
    await saved();
    writeFileSync(at('a', 'm', 'model.json'), text);
    await expect(load()).rejects.toThrow(/fileSystem: /);
  });

  it.each([
    ['', "''"],
    [undefined, 'undefined'],
  ])('refuses the path %p', (path, shown) => {
    expect(() => fileSystem(path as string)).toThrow(
      new ValueError(`fileSystem: the path must be a non-empty string, but got ${shown}.`),
    );
  });

  it('names the path where there is no model', async () => {
    await expect(fileSystem(at('none')).load()).rejects.toThrow(at('none', 'model.json'));
  });
});
