import { expectTypeOf } from 'expect-type';

import type * as checkpointsInBrowser from '../../adapters/browser/checkpoints.js';
import type * as browser from '../../adapters/browser/platform.js';
import type * as node from '../../adapters/node/platform.js';
import type * as checkpointsInNode from '../../adapters/tfjs/checkpoints.js';

// The package's declarations are made of the browser's platform, which knows no type of Node; they
// hold for Node's.
expectTypeOf<typeof node>().toExtend<typeof browser>();
expectTypeOf<keyof typeof node>().toEqualTypeOf<keyof typeof browser>();

// Of checkpoints it is the other way round; of the class a browser has no more than the name.
expectTypeOf<Omit<typeof checkpointsInBrowser, 'Saver'>>().toExtend<
  Omit<typeof checkpointsInNode, 'Saver'>
>();
expectTypeOf<keyof typeof checkpointsInBrowser>().toEqualTypeOf<keyof typeof checkpointsInNode>();
