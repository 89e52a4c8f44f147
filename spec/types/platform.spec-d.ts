import { expectTypeOf } from 'expect-type';

import type * as browser from '../../adapters/browser/platform.js';
import type * as node from '../../adapters/node/platform.js';

// The package's declarations are made of the browser's platform, which knows no type of Node; they
// hold for Node's.
expectTypeOf<typeof node>().toExtend<typeof browser>();
expectTypeOf<keyof typeof node>().toEqualTypeOf<keyof typeof browser>();
