import { expectTypeOf } from 'expect-type';

import type * as browser from '../../adapters/browser/platform.js';
import type * as node from '../../adapters/node/platform.js';

// The declarations are made of the one and hold for the other.
expectTypeOf<typeof browser>().toEqualTypeOf<typeof node>();
