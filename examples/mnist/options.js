// The options of the command line.
import { parseArgs } from 'node:util';

const USAGE = `Usage: npm run example -- [options]

  --epochs N    how often to go through the training digits (default 4)
  --steps N     at which step to end, in place of --epochs
  --samples N   how many digits to train on (default: all 55,000)
  --dir PATH    where checkpoints and event files go (default runs/mnist)
  --fresh       begin anew; a run that is there is moved aside
  --help        show this`;

/**
 * Reads the command line; ends the process where it asks for help, or cannot be understood.
 *
 * @param {readonly string[]} args
 */
export function readOptions(args) {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: {
        epochs: { type: 'string', default: '4' },
        steps: { type: 'string' },
        samples: { type: 'string' },
        dir: { type: 'string', default: 'runs/mnist' },
        fresh: { type: 'boolean', default: false },
        help: { type: 'boolean', default: false },
      },
    });
    if (values.help) {
      console.log(USAGE);
      process.exit();
    }
    return {
      dir: values.dir,
      fresh: values.fresh,
      epochs: count('epochs', values.epochs) ?? 4,
      steps: count('steps', values.steps),
      samples: count('samples', values.samples),
    };
  } catch (error) {
    console.error(`${error instanceof Error ? error.message : String(error)}\n\n${USAGE}`);
    process.exit(2);
  }
}

/**
 * @param {string} option
 * @param {string | undefined} value
 */
function count(option, value) {
  if (value !== undefined && !/^[1-9]\d{0,8}$/.test(value)) {
    throw new Error(`--${option} must be a whole number from 1 on, but is '${value}'.`);
  }
  return value === undefined ? undefined : Number(value);
}
