"""Records what TensorFlow's own session run hooks do, as scenarios to replay.

The scenarios have the format of the sample `traces.json`: one JSON object a
line in `{"recordedWith": ..., "scenarios": [...]}`, of the kinds `timer`,
`constructor`, `training` and `evaluation`.  Each is run through the real
`tf.compat.v1.train` hooks: training in a real `SingularMonitoredSession` whose
`loss` and `acc` are whatever the scenario says, evaluation in TensorFlow's real
evaluation loop.  Swapped out are only the clock (it moves when told to), the
saver and the summary writer (they note their calls) and the end of the log (it
keeps the hooks' lines).

How to run it (Python 3, `pip install tensorflow-cpu==2.21.0`):

    # random scenarios, the same ones for the same seed
    python record_traces.py --seed 1 --count 600 --out random.json

    # record given scenarios anew, compare with what they want
    python record_traces.py --replay traces.json

    # ... and keep the new recording
    python record_traces.py --replay traces.json --out again.json

Choices that the format leaves open, made here:

- Within a step the hooks' own reads of the global step come before its
  increment (a race in TensorFlow, without effect on what hooks do where the
  counter moves); a user's fetch of the global step comes after it.
- The counter behind "the global step has not been increased" (5 warnings a
  process in TensorFlow) starts anew with each scenario.  Random scenarios do not
  depend on whether it would start anew with each run or hook as well.
- Random `User` hooks do not throw in `end`, which the sample has no form for.
- Random times are dyadic fractions, so that sums of them are exact wherever the
  clock starts.
- `runAfterStop` is kept only where the run did stop.
"""

import argparse
import json
import logging
import math
import os
import random
import sys

os.environ.setdefault('TF_CPP_MIN_LOG_LEVEL', '3')
os.environ.setdefault('CUDA_VISIBLE_DEVICES', '-1')

# pylint: disable=wrong-import-position
import numpy as np
import tensorflow as tf
from tensorflow.python.platform import tf_logging
from tensorflow.python.training import basic_session_run_hooks
from tensorflow.python.training import evaluation
from tensorflow.python.training import training_util

v1 = tf.compat.v1

KERNEL = [[0.5], [-0.25]]
BIAS = [0.125]
FETCH_KEYS = ('twice', 'const', 'var', 'weight', 'symbol')
LEVELS = {'INFO': 'info', 'WARNING': 'warn', 'ERROR': 'error'}

# Lines that are noise: no hook of the package logs them.
NOISE = ('Create CheckpointSaverHook.', 'Calling checkpoint listeners ')
# Lines of which only the beginning is kept: what follows is Python's.
BEGINNINGS = ('It seems that global step',
              'A CheckpointSaverListener requested that training be stopped.')


class UserError(Exception):
  """What a scenario's `User` hook throws."""


class StepError(Exception):
  """What a scenario's step throws."""


# --------------------------------------------------------------------- numbers


def number(x):
  """A number of a scenario: JSON has no NaN."""
  return float(x) if isinstance(x, str) else x


def float32(x):
  """A number, or nested lists of numbers, as a float32 array."""
  if isinstance(x, list):
    return np.array([float32(e) for e in x], np.float32)
  with np.errstate(over='ignore'):
    return np.float32(number(x))


def plain(x):
  """What JSON can hold of a result, spelled as JavaScript would."""
  if isinstance(x, dict):
    return {key: plain(value) for key, value in x.items()}
  if isinstance(x, (list, tuple)):
    return [plain(value) for value in x]
  if isinstance(x, np.ndarray):
    return plain(x.tolist())
  if isinstance(x, (bool, np.bool_)):
    return bool(x)
  if isinstance(x, (float, np.floating)):
    x = float(x)
    if math.isnan(x):
      return 'NaN'
    if math.isinf(x):
      return 'Infinity' if x > 0 else '-Infinity'
    return int(x) if x.is_integer() and abs(x) < 1e15 else x
  if isinstance(x, np.integer):
    return int(x)
  return x


# ------------------------------------------------------- what is swapped out


class Clock:
  """Stands in for the module `time` as the hooks see it."""

  def __init__(self, now=0.0):
    self.now = now
    self.recorder = None

  def time(self):
    return self.now

  def sleep(self, seconds):
    self.now += seconds
    if self.recorder:
      self.recorder.slept(seconds)


class LogHandler(logging.Handler):
  """Keeps the lines of the hooks: told by the file that logs them."""

  def __init__(self):
    super().__init__()
    self.recorder = None

  def emit(self, record):
    if self.recorder is None:
      return
    line = record.getMessage()
    if record.filename == 'evaluation.py':
      if not line.startswith('Evaluation ['):
        return
    elif record.filename != 'basic_session_run_hooks.py':
      return
    if line.startswith(NOISE):
      return
    for beginning in BEGINNINGS:
      if line.startswith(beginning):
        line = beginning + '…'
    self.recorder.event('log', LEVELS[record.levelname], line)


class Saver:
  """A saver that notes its calls."""

  saver_def = None

  def __init__(self, recorder):
    self._recorder = recorder

  def save(self, sess, path, global_step=None, **unused):
    del sess, unused
    self._recorder.event('checkpoint', 'save', int(global_step), path)


class Writer:
  """A summary writer that notes its calls."""

  def __init__(self, recorder):
    self._recorder = recorder

  def add_summary(self, summary, global_step=None):
    if isinstance(summary, bytes):
      summary = v1.Summary.FromString(summary)
    for value in summary.value:
      if value.WhichOneof('value') == 'histo':
        histo = value.histo
        what = ('histogram', value.tag, {
            'num': histo.num,
            'sum': histo.sum,
            'min': histo.min,
            'max': histo.max
        })
      else:
        what = ('scalar', value.tag, value.simple_value)
      self._recorder.event('summary', *what, int(global_step))

  def flush(self):
    self._recorder.event('summary', 'flush')

  def add_session_log(self, *unused):
    pass

  add_graph = add_meta_graph = add_session_log


class NoWriterCache:
  """`CheckpointSaverHook` opens a writer for things that are not recorded."""

  @staticmethod
  def get(unused_dir):
    return Writer(Recorder())


CLOCK = Clock()
LOG = LogHandler()


def swap():
  """Puts the clock, the writer cache and the log's end in place."""
  basic_session_run_hooks.time = CLOCK
  basic_session_run_hooks.SummaryWriterCache = NoWriterCache
  logger = tf_logging.get_logger()
  logger.handlers[:] = [LOG]
  logger.propagate = False
  tf_logging.set_verbosity(tf_logging.INFO)


# ------------------------------------------------------------------ recording


class Recorder:
  """The state of a scenario's run, and what happened in it."""

  def __init__(self):
    self.stalled = False
    self.step = 0  # the global step
    self.shown = None  # ... as a fetch of the step in hand gives it
    self.loss = np.float32(0)
    self.acc = np.float32(0)
    self.throws = False  # whether the step in hand throws
    self.threw = False
    self.start({})

  def start(self, run):
    """Begins a run."""
    self.run = run
    self.index = 0  # of the step in hand
    self.ran = 0
    self.sleeps = 0
    self.seen = []
    self.events = {}
    self.shown = None
    self.throws = self.threw = False

  def event(self, kind, *what):
    self.events.setdefault(kind, []).append([self.ran, *what])

  def slept(self, seconds):
    self.event('sleep', seconds)
    self.step += self.run['moves'][self.sleeps]
    self.sleeps += 1

  # The graph's operations call these.

  def read_global_step(self):
    return np.int64(self.step)

  def fetch_global_step(self):
    return np.int64(self.step if self.shown is None else self.shown)

  def train(self):
    if self.throws:
      self.threw = True
      raise StepError('the step throws')
    if not self.stalled:
      self.step += 1
    return np.int64(self.step)


class First(v1.train.SessionRunHook):
  """Watches, ahead of a scenario's hooks."""

  def __init__(self, recorder):
    self._recorder = recorder

  def begin(self):
    self._recorder.event('lifecycle', 'first', 'begin')

  def after_create_session(self, session, coord):
    self._recorder.event('lifecycle', 'first', 'afterCreateSession')

  def before_run(self, run_context):
    recorder = self._recorder
    recorder.seen.append([recorder.step])
    CLOCK.now += recorder.run.get('before', {recorder.index: 0})[recorder.index]

  def after_run(self, run_context, run_values):
    self._recorder.shown = None
    self._recorder.ran += 1

  def end(self, session):
    self._recorder.event('lifecycle', 'first', 'end')


class Last(v1.train.SessionRunHook):
  """Watches, behind a scenario's hooks."""

  def __init__(self, recorder):
    self._recorder = recorder

  def begin(self):
    self._recorder.event('lifecycle', 'last', 'begin')

  def after_create_session(self, session, coord):
    self._recorder.event('lifecycle', 'last', 'afterCreateSession')

  def before_run(self, run_context):
    recorder, run, i = self._recorder, self._recorder.run, self._recorder.index
    CLOCK.now += run['inside'][i]
    recorder.shown = recorder.step + (0 if recorder.stalled else 1)
    recorder.loss = float32(run['losses'][i])
    if 'accs' in run:
      recorder.acc = float32(run['accs'][i])
    recorder.throws = run.get('stepThrows') == i

  def after_run(self, run_context, run_values):
    self._recorder.seen[-1].append(self._recorder.step)

  def end(self, session):
    self._recorder.event('lifecycle', 'last', 'end')


class Counter(v1.train.SessionRunHook):
  """Counts the batches of an evaluation, ahead of a scenario's hooks."""

  def __init__(self, recorder):
    self._recorder = recorder

  def before_run(self, run_context):
    self._recorder.index = self._recorder.ran

  def after_run(self, run_context, run_values):
    self._recorder.ran += 1


class User(v1.train.SessionRunHook):
  """A user's hook, which stops or throws where the scenario says so."""

  def __init__(self, recorder, description):
    self._recorder = recorder
    self._stops = description.get('requestStop', {})
    self._throws = description.get('throw', {})

  def _at(self, method, step, run_context=None):
    if step in self._stops.get(method, ()):
      run_context.request_stop()
    if self._throws.get(method) == step:
      raise UserError('boom in ' + method)

  def begin(self):
    self._at('begin', 0)

  def after_create_session(self, session, coord):
    self._at('afterCreateSession', 0)

  def before_run(self, run_context):
    self._at('beforeRun', self._recorder.index, run_context)

  def after_run(self, run_context, run_values):
    self._at('afterRun', self._recorder.index, run_context)

  def end(self, session):
    self._at('end', 0)


class Listener(v1.train.CheckpointSaverListener):
  """A listener that notes its calls."""

  def __init__(self, recorder, i, description):
    self._recorder = recorder
    self._i = i
    self._methods = description.get(
        'methods', ['begin', 'beforeSave', 'afterSave', 'end'])
    self._stop_at = description.get('stopAt', [])

  def _note(self, method, *step):
    if method in self._methods:
      self._recorder.event('checkpoint', method, self._i, *map(int, step))

  def begin(self):
    self._note('begin')

  def before_save(self, session, global_step_value):
    self._note('beforeSave', global_step_value)

  def after_save(self, session, global_step_value):
    self._note('afterSave', global_step_value)
    return 'afterSave' in self._methods and global_step_value in self._stop_at

  def end(self, session, global_step_value):
    self._note('end', global_step_value)


def eighths(values):
  return 'eighths: ' + ' '.join(
      '%s=%d' % (tag, int(values[tag] * 8)) for tag in sorted(values))


class Graph:
  """A graph that does as the recorder says, and a scenario's fetches in it.

  Everything is made once: the second run of a scenario finds its graph final.
  """

  def __init__(self, recorder, step_name='global_step'):
    self.graph = tf.Graph()
    self.recorder = recorder
    self._step_name = step_name
    self._cache = {}
    with self.graph.as_default():
      self.loss = self._call(lambda: recorder.loss, tf.float32, 'loss')
      self.acc = self._call(lambda: recorder.acc, tf.float32, 'acc')
      self.step = self._call(recorder.fetch_global_step, tf.int64, step_name)
      stale = self._call(recorder.read_global_step, tf.int64, 'read_step')
      self.graph.add_to_collection(v1.GraphKeys.GLOBAL_STEP, self.step)
      self.graph.add_to_collection(training_util.GLOBAL_STEP_READ_KEY, stale)
      with tf.control_dependencies([stale]):
        self.train = self._call(recorder.train, tf.int64, 'train')
      self.x = v1.placeholder(tf.float32, [None, 2], name='x')
      kernel = v1.get_variable('dense/kernel', initializer=tf.constant(KERNEL))
      bias = v1.get_variable('dense/bias', initializer=tf.constant(BIAS))
      self.kernel = tf.identity(kernel)
      self.output = tf.matmul(self.x, self.kernel) + bias

  @staticmethod
  def _call(function, dtype, name):
    tensor = v1.py_func(function, [], dtype, stateful=True, name=name)
    tensor.set_shape([])
    return tensor

  def _once(self, key, make):
    key = json.dumps(key)
    if key not in self._cache:
      self._cache[key] = make()
    return self._cache[key]

  def fetch(self, fetch):
    """The tensor of one fetch."""
    if isinstance(fetch, str):
      named = {'loss': self.loss, 'acc': self.acc, self._step_name: self.step}
      return named[fetch]
    (kind, value), = fetch.items()

    def make():
      if kind == 'twice':
        return 2.0 * self.fetch(value)
      if kind == 'const':
        return tf.constant(float32(value))
      if kind == 'var':
        return tf.identity(v1.Variable(float32(value)))
      if kind == 'weight':
        return self.kernel
      if kind == 'symbol':
        return self.output
      raise ValueError('Unknown fetch %s.' % fetch)

    return self._once(fetch, make)

  def fetches(self, fetches):
    """The tensors of a nested structure of fetches."""
    if isinstance(fetches, list):
      return [self.fetches(fetch) for fetch in fetches]
    if isinstance(fetches, dict) and not is_fetch(fetches):
      return {key: self.fetches(value) for key, value in fetches.items()}
    return self.fetch(fetches)

  def summary(self, summary):
    """The tensor of a summary, or a list of such."""
    if isinstance(summary, list):
      return [self.summary(s) for s in summary]
    (kind, value), = summary.items()

    def make():
      if kind == 'merge':
        return v1.summary.merge([self.summary(s) for s in value])
      make_one = {'scalar': v1.summary.scalar,
                  'histogram': v1.summary.histogram}[kind]
      tag, fetch = value
      tensor = make_one(tag, self.fetch(fetch))
      assert self.graph.get_operation_by_name(tag) is tensor.op, tag
      return tensor

    return self._once(summary, make)


def is_fetch(x):
  return isinstance(x, str) or (isinstance(x, dict) and len(x) == 1 and
                                next(iter(x)) in FETCH_KEYS)


def make_hook(description, recorder, graph):
  """The TensorFlow hook (or timer) of a description.

  Without a graph only the options are checked: fetches stay what they are.
  """
  kind = description['type']
  options = description.get('options', {})
  get = options.get
  fetch = graph.fetch if graph else lambda x: x
  fetches = graph.fetches if graph else lambda x: x
  summary = graph.summary if graph else lambda x: x

  def scaffold():
    given = get('scaffold')
    if given is None:
      return None
    return v1.train.Scaffold(
        saver=Saver(recorder) if given.get('saver') else None,
        summary_op=summary(given['summaryOp']) if 'summaryOp' in given else None)

  def writer():
    return Writer(recorder) if get('summaryWriter') else None

  if kind == 'User':
    return User(recorder, description)
  if kind == 'SecondOrStepTimer':
    return v1.train.SecondOrStepTimer(
        every_secs=get('everySecs'), every_steps=get('everySteps'))
  if kind == 'GlobalStepWaiterHook':
    return v1.train.GlobalStepWaiterHook(get('waitUntilStep'))
  if kind == 'FinalOpsHook':
    feed = get('finalOpsFeedDict')
    if feed is not None and graph:
      feed = {graph.x: float32(feed['x'])}
    return v1.train.FinalOpsHook(fetches(get('finalOps')), feed)
  if kind == 'StepCounterHook':
    # By seconds alone means not by steps.
    default = None if get('everyNSecs') is not None else 100
    return v1.train.StepCounterHook(
        every_n_steps=get('everyNSteps', default),
        every_n_secs=get('everyNSecs'),
        summary_writer=writer())
  if kind == 'LoggingTensorHook':
    tensors = get('tensors')
    if isinstance(tensors, dict):
      tensors = {tag: fetch(tensor) for tag, tensor in tensors.items()}
    return v1.train.LoggingTensorHook(
        tensors,
        every_n_iter=get('everyNIter'),
        every_n_secs=get('everyNSecs'),
        at_end=get('atEnd', False),
        formatter=eighths if get('formatter') else None)
  if kind == 'CheckpointSaverHook':
    return v1.train.CheckpointSaverHook(
        get('checkpointDir'),
        save_secs=get('saveSecs'),
        save_steps=get('saveSteps'),
        saver=Saver(recorder) if get('saver') else None,
        checkpoint_basename=get('checkpointBasename', 'model.ckpt'),
        scaffold=scaffold(),
        listeners=[
            Listener(recorder, i, listener)
            for i, listener in enumerate(get('listeners', []))
        ],
        save_graph_def=False)
  if kind == 'StopAfterNEvalsHook':
    return evaluation._StopAfterNEvalsHook(  # pylint: disable=protected-access
        get('numEvals'), log_progress=get('logProgress', True))
  if kind == 'StopAtStepHook':
    return v1.train.StopAtStepHook(
        num_steps=get('numSteps'), last_step=get('lastStep'))
  if kind == 'NanTensorHook':
    return v1.train.NanTensorHook(
        fetch(get('lossTensor', 'loss')),
        fail_on_nan_loss=get('failOnNanLoss', True))
  if kind == 'SummarySaverHook':
    return v1.train.SummarySaverHook(
        save_steps=get('saveSteps'),
        save_secs=get('saveSecs'),
        summary_writer=writer(),
        scaffold=scaffold(),
        summary_op=summary(get('summaryOp')) if 'summaryOp' in options else None)
  raise ValueError('Unknown hook %s.' % kind)


# ------------------------------------------------------ recording by scenario


def record_timer(scenario):
  """Gives the scenario's calls their results."""
  CLOCK.now = float(scenario['t0'])
  timer = make_hook({'type': 'SecondOrStepTimer', 'options': scenario['timer']},
                    None, None)
  calls = []
  for name, argument, *_ in scenario['calls']:
    result = None
    if name == 'should':
      result = timer.should_trigger_for_step(argument)
    elif name == 'update':
      result = timer.update_last_triggered_step(argument)
    elif name == 'last':
      result = timer.last_triggered_step()
    elif name == 'reset':
      timer.reset()
    elif name == 'advance':
      CLOCK.now += argument
    else:
      raise ValueError('Unknown call %s.' % name)
    calls.append([name, argument, plain(result)])
  return {**scenario, 'calls': calls}


# The options that an error is about, by TensorFlow's words.
NAMES = [
    ('saver and scaffold', ['saver', 'scaffold']),
    ('scaffold or summary_op', ['scaffold', 'summaryOp']),
    ('every_n_steps and every_n_secs', ['everyNSteps', 'everyNSecs']),
    ('every_n_iter', ['everyNIter', 'everyNSecs']),
    ('num_steps or last_step', ['numSteps', 'lastStep']),
]


def record_constructor(scenario):
  """Gives the scenario what its constructor does."""
  options, kind = scenario['options'], scenario['type']
  try:
    make_hook({'type': kind, 'options': options}, Recorder(), None)
    want = {'error': None}
  except ValueError as error:
    message = str(error)
    names = next((names for words, names in NAMES if words in message), None)
    if names is None:
      assert 'every_secs' in message, message
      names = (['everySecs', 'everySteps'] if kind == 'SecondOrStepTimer' else
               ['saveSecs', 'saveSteps'])
    want = {
        'error': {'class': type(error).__name__, 'message': message},
        'names': names
    }
  return {**scenario, 'want': want}


def config():
  return v1.ConfigProto(
      intra_op_parallelism_threads=1, inter_op_parallelism_threads=1)


def describe_error(error, recorder):
  """An error that belongs to a scenario; any other goes on its way."""
  if isinstance(error, UserError):
    return {'thrownBy': 'User', 'message': str(error)}
  if isinstance(error, v1.train.NanLossDuringTrainingError):
    return {'class': 'NanLossDuringTrainingError', 'message': str(error)}
  if recorder.threw:
    return {'thrownBy': 'step'}
  raise error


def events(recorder, *kinds):
  return {k: plain(recorder.events[k]) for k in kinds if k in recorder.events}


def final_ops(scenario, hooks):
  """The `finalOpsValues` of a run, by the index of the hook."""
  values = {
      str(i): plain(hook.final_ops_values)
      for i, (hook, description) in enumerate(zip(hooks, scenario['hooks']))
      if description['type'] == 'FinalOpsHook'
  }
  return {'finalOps': values} if values else {}


def record_training(scenario):
  """Gives each run of the scenario what it did."""
  CLOCK.now = 0.0
  recorder = CLOCK.recorder = LOG.recorder = Recorder()
  recorder.stalled = scenario.get('stalled', False)
  graph = Graph(recorder, scenario.get('stepName', 'global_step'))
  # These carry things into the next run in TensorFlow.
  fresh = any(hook['type'] in ('StopAtStepHook', 'StepCounterHook')
              for hook in scenario['hooks'])
  hooks = None
  runs = []
  with graph.graph.as_default():
    for run in scenario['runs']:
      recorder.start(run)
      if run['globalStep'] is not None:
        recorder.step = run['globalStep']
      if hooks is None or fresh:
        hooks = [make_hook(h, recorder, graph) for h in scenario['hooks']]
      for hook in hooks:
        if isinstance(hook, v1.train.FinalOpsHook):
          hook._final_ops_values = None  # pylint: disable=protected-access
      want = train(recorder, graph, hooks)
      want.update(events(recorder, 'log', 'checkpoint', 'summary', 'sleep'))
      want.update(final_ops(scenario, hooks))
      runs.append({**run, 'want': want})
  return {**scenario, 'runs': runs}


def train(recorder, graph, hooks):
  """One run of a training scenario."""
  run = recorder.run
  want = {'ran': 0, 'error': None}
  created = False
  try:
    with v1.train.SingularMonitoredSession(
        hooks=[First(recorder), *hooks, Last(recorder)],
        config=config()) as session:
      created = True
      while not session.should_stop() and recorder.index < run['steps']:
        session.run(graph.train)
        recorder.index += 1
      want['stopRequested'] = session.should_stop()
      if run.get('runAfterStop') and session.should_stop():
        try:
          session.run(graph.train)
        except RuntimeError as error:
          want['again'] = {
              'class': type(error).__name__,
              'message': str(error)
          }
  except Exception as error:  # pylint: disable=broad-except
    want['error'] = describe_error(error, recorder)
    want.pop('stopRequested', None)
  want['ran'] = recorder.ran
  if created:
    want['globalStep'] = recorder.step
  want['lifecycle'] = recorder.events['lifecycle']
  want['seen'] = recorder.seen
  return want


def record_evaluation(scenario):
  """Gives each run of the scenario what it did."""
  CLOCK.now = 0.0
  recorder = CLOCK.recorder = LOG.recorder = Recorder()
  runs = []
  for run in scenario['runs']:
    recorder.start(run)
    # The loop adds to the graph in each run, so each has one of its own.
    graph = Graph(recorder)
    error = None
    with graph.graph.as_default():
      hooks = [make_hook(h, recorder, graph) for h in scenario['hooks']]
      batches = v1.data.make_one_shot_iterator(
          v1.data.Dataset.range(run['batches'])).get_next()
      try:
        evaluation._evaluate_once(  # pylint: disable=protected-access
            None,
            eval_ops=[batches],
            hooks=[Counter(recorder), *hooks],
            config=config())
      except Exception as e:  # pylint: disable=broad-except
        error = describe_error(e, recorder)
    want = {'ran': recorder.ran, 'error': error}
    want.update(events(recorder, 'log'))
    want.update(final_ops(scenario, hooks))
    runs.append({**run, 'want': want})
  return {**scenario, 'runs': runs}


RECORD = {
    'timer': record_timer,
    'constructor': record_constructor,
    'training': record_training,
    'evaluation': record_evaluation,
}


def record(scenario):
  """The scenario with what TensorFlow does in it."""
  tf_logging._log_counter_per_token.clear()  # pylint: disable=protected-access
  CLOCK.recorder = LOG.recorder = None
  try:
    return RECORD[scenario['kind']](scenario)
  finally:
    CLOCK.recorder = LOG.recorder = None


# ----------------------------------------------------------- random scenarios

# Losses whose text is a matter of rules: few digits, exponents, limits.
SPECIAL = [
    0, 1, -1, 0.1, 0.3, 0.7, 1.1, 33.3, 0.001, 0.0001, 0.00009999999, 0.00012345,
    1e-5, 1.5e-7, 1e-10, 2.5e-38, 123456.789, 999999, 999999.9, 1e6, 1234567,
    9999999, 1e7, 16777216, 16777217, 99999990, 1e8, 123456789, 1e10, 1e15,
    9.999999e15, 1e16, 1.5e16, 1e17, 1e20, 3.4028234e38, 3e38, 2.718281828,
    3.14159265, 0.33333333, 0.66666667, 0.99999999, 0.5, 0.25, 100, 1000
]
TAGS = ['a', 'B', 'zeta', 'alpha', 'Mid', '_x', 'x1', 'x10', 'x2', 'Z', 'é',
        'loss', 'acc', 'a/b', 'a_b', 'aB', '1', '10', '2']


def rounded(x):
  return plain(float32(x))


class Random:
  """A source of random scenarios."""

  def __init__(self, seed):
    self.random = random.Random(seed)

  def one(self, *choices):
    return self.random.choice(choices)

  def int(self, low, high):
    return self.random.randint(low, high)

  def chance(self, p):
    return self.random.random() < p

  # Values.

  def magnitude(self, low=-37, high=38):
    """A float32 of any size."""
    value = self.random.uniform(1, 9.99) * 10.0**self.int(low, high)
    return rounded(value * self.one(1, 1, 1, -1))

  def value(self, finite=False, small=False):
    """A float32 such as a loss may be."""
    if small:
      return rounded(self.one(self.int(-40, 40) / 8, self.int(0, 1000) / 7,
                              self.random.uniform(-2, 20)))
    pick = self.random.random()
    if pick < 0.45:
      return rounded(1 / self.int(1, 60))
    if pick < 0.7:
      return rounded(self.random.uniform(0, self.one(1, 1, 10, 1000)))
    if pick < 0.85:
      return rounded(self.one(*SPECIAL))
    if pick < 0.95 or finite:
      return self.magnitude()
    return self.one('NaN', 'Infinity', '-Infinity')

  def values(self, n, **options):
    style = self.random.random()
    if style < 0.4:
      start = self.int(1, 5)
      return [rounded(1 / (i + start)) for i in range(n)]
    return [self.value(**options) for _ in range(n)]

  def element(self, style):
    """An element of an array."""
    if style == 'dyadic':
      return self.int(-64, 64) / 8
    if style == 'unit':
      return rounded(self.random.uniform(-1, 1))
    if style == 'decimal':
      return self.int(-2000, 2000) / self.one(1, 10, 100, 1000)
    if style == 'tiny':
      return self.magnitude(-12, -2)
    if style == 'wide':
      return self.magnitude(-9, 5)
    if style == 'huge':
      return self.magnitude(4, 12)
    if style == 'edge':
      return rounded(self.one(999999, 999999.9, 1e6, 1000001, 99999, 0.5, 1e-8,
                              5e-9, 4.9e-9, 1.5e-8, 0, 123456.789, 1e5))
    if style == 'special':
      return self.one('NaN', 'Infinity', '-Infinity', 0, 1, 0.5, -2.25, 1000000,
                      0.1)
    return self.magnitude()

  def array(self, finite=False, long=0.12):
    """Nested lists of numbers, of rank 1 or 2 (seldom 3)."""
    style = self.one('dyadic', 'unit', 'decimal', 'tiny', 'wide', 'huge', 'edge',
                     'any', *([] if finite else ['special']))
    pick = self.random.random()
    if pick < long:
      shape = self.one([1001], [1000], [1200], [40, 26], [2, 501], [501, 2],
                       [25, 40], [7, 150])
      style = self.one('dyadic', 'decimal', 'unit', 'edge')
    elif pick < 0.55:
      shape = [self.one(1, 2, 3, 4, 5, 8, 12, 30)]
    elif pick < 0.95:
      shape = [self.int(1, 5), self.int(1, 6)]
    else:
      shape = [self.int(1, 3), self.int(1, 3), self.int(1, 3)]

    def make(shape):
      if not shape:
        return self.element(style)
      return [make(shape[1:]) for _ in range(shape[0])]

    return make(shape)

  # Options.

  def steps(self):
    return self.one(1, 1, 2, 2, 3, 3, 4, 5, 7, 10, 20)

  def secs(self):
    return self.one(0, 0.0625, 0.125, 0.5, 0.5, 1, 1, 1.5, 2, 2.25, 3, 10)

  def every(self, by_steps, by_secs):
    if self.chance(0.6):
      return {by_steps: self.steps()}
    return {by_secs: self.secs()}

  def stop_at(self, start):
    return start + self.int(0, 12)

  # Kinds of scenarios.

  def scenario(self, i):
    pick = self.random.random()
    kind = ('timer' if pick < 0.05 else 'constructor' if pick < 0.15 else
            'evaluation' if pick < 0.22 else 'training')
    return {'id': 'random-%d' % i, 'kind': kind, **getattr(self, kind)()}

  def timer(self):
    by_steps = self.chance(0.5)
    every = self.steps() if by_steps else self.secs()
    step = self.one(0, 0, 1, self.int(2, 50), 1000)
    calls = []
    for _ in range(self.int(5, 16)):
      pick = self.random.random()
      if pick < 0.38:
        step += self.one(0, 1, 1, 2, every if by_steps else 1,
                         max(0, every - 1) if by_steps else 3)
        calls.append(['should', step])
      elif pick < 0.62:
        calls.append(['update', self.one(step, step, step, max(0, step - 1))])
      elif pick < 0.7:
        calls.append(['last', None])
      elif pick < 0.75:
        calls.append(['reset', None])
        if self.chance(0.3):
          step = 0
      else:
        seconds = self.one(every if not by_steps else 1, 0.0625, 0.125, 0.5, 1,
                           every / 2 if not by_steps else 2, 100, 0.0009765625)
        calls.append(['advance', plain(float(seconds))])
    return {
        'timer': {'everySteps' if by_steps else 'everySecs': every},
        't0': self.one(0, 0, 0.5, 1000, 1700000000),
        'calls': calls
    }

  def constructor(self):
    kind = self.one('SecondOrStepTimer', 'LoggingTensorHook', 'StepCounterHook',
                    'CheckpointSaverHook', 'StopAtStepHook', 'SummarySaverHook',
                    'StopAfterNEvalsHook', 'NanTensorHook', 'FinalOpsHook',
                    'GlobalStepWaiterHook')
    options = {}

    def maybe(name, value, p=0.5):
      if self.chance(p):
        options[name] = value

    if kind == 'SecondOrStepTimer':
      maybe('everySecs', self.secs())
      maybe('everySteps', self.steps())
    elif kind == 'LoggingTensorHook':
      options['tensors'] = self.one(['loss'], ['loss', 'acc'], {'a': 'loss'})
      maybe('everyNIter', self.one(self.steps(), self.steps(), 0, -1, -5))
      maybe('everyNSecs', self.secs(), 0.4)
      maybe('atEnd', self.chance(0.7))
    elif kind == 'StepCounterHook':
      maybe('everyNSteps', self.steps())
      maybe('everyNSecs', self.secs())
      maybe('summaryWriter', True)
    elif kind == 'CheckpointSaverHook':
      options['checkpointDir'] = 'run'
      maybe('saver', True)
      maybe('scaffold', {'saver': True}, 1 if not options.get('saver') else 0.4)
      maybe('saveSecs', self.secs())
      maybe('saveSteps', self.steps())
      maybe('checkpointBasename', 'best', 0.2)
      maybe('listeners', [{}], 0.3)
    elif kind == 'StopAtStepHook':
      maybe('numSteps', self.steps())
      maybe('lastStep', self.steps())
    elif kind == 'SummarySaverHook':
      maybe('saveSteps', self.steps())
      maybe('saveSecs', self.secs(), 0.4)
      options['summaryWriter'] = True
      maybe('summaryOp', self.one({'scalar': ['s', 'loss']},
                                  [{'scalar': ['s', 'loss']}]), 0.6)
      maybe('scaffold', {'summaryOp': {'scalar': ['s2', 'loss']}},
            0.2 if 'summaryOp' in options else 0.7)
    elif kind == 'StopAfterNEvalsHook':
      options['numEvals'] = self.one(None, 1, 5, 100)
      maybe('logProgress', self.chance(0.5))
    elif kind == 'NanTensorHook':
      maybe('lossTensor', self.one('loss', {'twice': 'loss'}))
      maybe('failOnNanLoss', self.chance(0.5))
    elif kind == 'FinalOpsHook':
      options['finalOps'] = self.one('loss', ['loss'], {'a': 'loss'})
    else:
      options['waitUntilStep'] = self.one(0, 1, -1, 100, -1000)
    return {'type': kind, 'options': options}

  def evaluation(self):
    evals = self.one(None, 1, 2, 3, 5, 10, 19, 20, 21, 25, 29, 30, 39, 45, 100,
                     105)
    options = {'numEvals': evals}
    if self.chance(0.3):
      options['logProgress'] = self.chance(0.4)
    hooks = [{'type': 'StopAfterNEvalsHook', 'options': options}]
    if self.chance(0.15):
      hooks.append({'type': 'StopAfterNEvalsHook',
                    'options': {'numEvals': self.int(1, 25)}})
    if self.chance(0.4):
      options = {'tensors': {}}
      for tag in self.random.sample(TAGS, self.int(1, 3)):
        options['tensors'][tag] = self.constant()
      options.update(self.logging_times())
      hooks.append({'type': 'LoggingTensorHook', 'options': options})
    if self.chance(0.2):
      hooks.append({'type': 'FinalOpsHook',
                    'options': {'finalOps': self.nested(2, self.constant)}})
    if self.chance(0.2):
      hooks.append(self.user(12, stops=('beforeRun', 'afterRun')))
    if self.chance(0.1):
      hooks.append({'type': 'NanTensorHook',
                    'options': {'lossTensor': {'const': self.value()}}})
    self.random.shuffle(hooks)

    def batches():
      return self.one(1, 2, self.int(1, 12), evals or 5, (evals or 5) + 1,
                      max(1, (evals or 5) - 1))

    runs = [{'batches': batches()} for _ in range(self.one(1, 1, 1, 2))]
    return {'drivers': ['evaluate', 'monitored'], 'hooks': hooks, 'runs': runs}

  def constant(self):
    """A fetch that needs no step."""
    pick = self.random.random()
    if pick < 0.5:
      return {self.one('const', 'const', 'var'): self.value()}
    if pick < 0.85:
      return {self.one('const', 'const', 'var'): self.array()}
    return {'weight': self.one('name', 'object')}

  def nested(self, depth, fetch):
    """Fetches in arrays and records."""
    pick = self.random.random()
    if depth == 0 or pick < 0.35:
      return fetch()
    if pick < 0.65:
      return [self.nested(depth - 1, fetch) for _ in range(self.int(1, 3))]
    tags = self.random.sample(TAGS, self.int(1, 3))
    return {tag: self.nested(depth - 1, fetch) for tag in tags}

  def logging_times(self):
    if self.chance(0.12):
      return {'atEnd': True}
    times = self.every('everyNIter', 'everyNSecs')
    if self.chance(0.35):
      times['atEnd'] = self.chance(0.85)
    return times

  def user(self, steps, stops=None):
    """A user's hook that stops, or throws."""
    if stops or self.chance(0.5):
      methods = stops or ('beforeRun', 'afterRun')
      stop = {}
      for method in self.random.sample(methods, self.one(1, 1, 2)):
        stop[method] = sorted(
            self.random.sample(range(steps + 1), self.one(1, 1, min(2, steps))))
      return {'type': 'User', 'requestStop': stop}
    method = self.one('begin', 'afterCreateSession', 'beforeRun', 'beforeRun',
                      'afterRun', 'afterRun')
    at = self.int(0, steps) if method in ('beforeRun', 'afterRun') else 0
    return {'type': 'User', 'throw': {method: at}}

  def training(self):
    return Training(self).scenario()


class Training:
  """One random training scenario: what its hooks ask of its runs."""

  def __init__(self, source):
    self.r = source
    self.step_name = (
        source.one('my_step', 'steps', 'trained') if source.chance(0.12) else
        'global_step')
    self.stalled = source.chance(0.08)
    self.start = source.one(0, 0, 0, 0, 1, 7, source.int(2, 60), 100, 998, 12345,
                            999990, 2147483600)
    self.n = source.one(1, 2, 3, 5, 6, 8, 10, 12, source.int(4, 25))
    self.hooks = []
    self.accs = False
    self.finite = False  # the losses and accs have to be
    self.small = False
    self.metric_at_end = False
    self.wait = 0
    self.tags = 0

  def has(self, kind):
    return any(hook['type'] == kind for hook in self.hooks)

  def scenario(self):
    """The scenario: its hooks, then runs for them."""
    r = self.r
    makers = {
        'log': (self.log, 30),
        'counter': (self.counter, 16),
        'checkpoint': (self.checkpoint, 18),
        'stop': (self.stop, 13),
        'nan': (self.nan, 9),
        'summary': (self.summary, 16),
        'wait': (self.waiter, 8),
        'final': (self.final, 11),
        'user': (self.user, 11),
    }
    for name in r.random.choices(
        list(makers), [weight for _, weight in makers.values()],
        k=r.one(1, 1, 1, 2, 2, 3, 3, 4, 5)):
      makers[name][0]()
    if not self.hooks:
      self.log()
    if self.stalled and not any(
        self.has(kind) for kind in
        ('StepCounterHook', 'SummarySaverHook', 'CheckpointSaverHook',
         'StopAtStepHook')):
      r.one(self.counter, self.summary, self.checkpoint)()
    scenario = {'drivers': ['monitored', 'fit']}
    if self.step_name != 'global_step':
      scenario['stepName'] = self.step_name
    if self.stalled:
      scenario['stalled'] = True
    scenario['hooks'] = self.hooks
    scenario['runs'] = self.runs()
    if any('runAfterStop' in run for run in scenario['runs']):
      scenario['drivers'] = ['monitored']
    return scenario

  def add(self, kind, options):
    self.hooks.append({'type': kind, 'options': options})

  def every(self, by_steps, by_secs):
    return self.r.every(by_steps, by_secs)

  # Fetches.

  def metric(self, twice=True):
    """A fetch of the step's loss or acc."""
    name = self.r.one('loss', 'loss', 'loss', 'acc')
    self.accs |= name == 'acc'
    return {'twice': name} if twice and self.r.chance(0.25) else name

  def fetch(self, at_end=False):
    r = self.r
    pick = r.random.random()
    if pick < 0.45:
      self.metric_at_end |= at_end
      return self.metric()
    if pick < 0.57:
      return self.step_name
    return r.constant()

  def scalar(self):
    """A fetch for a scalar summary, or for a formatter."""
    pick = self.r.random.random()
    if pick < 0.75:
      return self.metric()
    if pick < 0.87:
      return self.step_name
    return {self.r.one('const', 'var'): self.r.value(finite=True, small=True)}

  # Hooks.

  def log(self):
    r = self.r
    times = r.logging_times()
    at_end = times.get('atEnd', False)
    if r.chance(0.1):
      tags = r.random.sample(TAGS, r.int(1, 3))
      tensors = {tag: self.scalar() for tag in tags}
      self.small = True
      self.metric_at_end |= at_end
      times['formatter'] = True
    elif r.chance(0.5):
      tensors = r.one(['loss'], ['loss'], ['loss', 'acc'], ['acc', 'loss'],
                      ['loss', self.step_name], [self.step_name],
                      [self.step_name, 'acc', 'loss'], ['loss', 'loss'])
      self.accs |= 'acc' in tensors
      self.metric_at_end |= at_end and tensors != [self.step_name]
    else:
      tags = r.random.sample(TAGS, r.one(1, 1, 2, 2, 3, 5))
      tensors = {tag: self.fetch(at_end) for tag in tags}
    self.add('LoggingTensorHook', {'tensors': tensors, **times})

  def counter(self):
    if self.stalled and self.has('StepCounterHook'):
      return
    options = self.every('everyNSteps', 'everyNSecs')
    if self.r.chance(0.1):
      options = {}  # every 100 steps
      self.n = self.r.int(100, 130)
    if self.r.chance(0.5):
      options['summaryWriter'] = True
    self.add('StepCounterHook', options)

  def checkpoint(self):
    r = self.r
    if sum(h['type'] == 'CheckpointSaverHook' for h in self.hooks) == 2:
      return
    options = {'checkpointDir': 'run'}
    if r.chance(0.75):
      options['saver'] = True
    else:
      options['scaffold'] = {'saver': True}
    options.update(self.every('saveSteps', 'saveSecs'))
    if self.has('CheckpointSaverHook'):
      options['checkpointBasename'] = 'other'
    elif r.chance(0.2):
      options['checkpointBasename'] = r.one('best', 'm', 'model-1.ckpt')
    if r.chance(0.6):
      options['listeners'] = listeners = []
      for _ in range(r.int(1, 3)):
        listener = {}
        if r.chance(0.3):
          listener['methods'] = [
              method for method in ('begin', 'beforeSave', 'afterSave', 'end')
              if r.chance(0.5)
          ]
        if r.chance(0.25):
          listener['stopAt'] = sorted(
              {self.start + r.int(0, self.n) for _ in range(r.int(1, 3))})
        listeners.append(listener)
    self.add('CheckpointSaverHook', options)

  def stop(self):
    r = self.r
    if r.chance(0.5):
      self.add('StopAtStepHook', {'numSteps': r.int(1, self.n + 2)})
    else:
      self.add('StopAtStepHook',
               {'lastStep': max(1, self.start + r.int(-1, self.n + 2))})

  def nan(self):
    r = self.r
    options = {}
    if r.chance(0.85):
      options['lossTensor'] = r.one('loss', self.metric(), self.metric(),
                                    {r.one('const', 'var'): r.value()})
      self.accs |= options['lossTensor'] in ('acc', {'twice': 'acc'})
    if r.chance(0.6):
      options['failOnNanLoss'] = r.chance(0.35)
    self.add('NanTensorHook', options)

  def tag(self):
    self.tags += 1
    return '%s%d' % (self.r.one('s/x', 'tag', 'a/b/c', 'Loss_', 'm.x'), self.tags)

  def one_summary(self):
    r = self.r
    if r.chance(0.7):
      return {'scalar': [self.tag(), self.scalar()]}
    pick = r.random.random()
    if pick < 0.25:
      self.finite = True
      fetch = self.metric(twice=False)
    elif pick < 0.4:
      fetch = {'weight': r.one('name', 'object')}
    else:
      fetch = {r.one('const', 'const', 'var'): r.array(finite=True, long=0.03)}
    return {'histogram': [self.tag(), fetch]}

  def summary_op(self):
    pick = self.r.random.random()
    if pick < 0.55:
      return self.one_summary()
    parts = [self.one_summary() for _ in range(self.r.int(1, 3))]
    if pick < 0.75:
      return parts
    if pick < 0.9:
      return {'merge': parts}
    return [{'merge': parts}, self.one_summary()]

  def summary(self):
    r = self.r
    options = {'summaryWriter': True, **self.every('saveSteps', 'saveSecs')}
    pick = r.random.random()
    if pick < 0.8:
      options['summaryOp'] = self.summary_op()
    elif pick < 0.97:
      options['scaffold'] = {'summaryOp': self.summary_op()}
    else:
      options['scaffold'] = {'saver': True}  # no summary: only flushes
    self.add('SummarySaverHook', options)

  def waiter(self):
    r = self.r
    if self.stalled:
      target = r.one(0, -1, self.start)
    else:
      target = r.one(0, -3, 1, self.start, self.start + 1,
                     self.start + r.int(1, 40), self.start + r.int(1000, 9000))
    self.wait = max(self.wait, target)
    self.add('GlobalStepWaiterHook', {'waitUntilStep': target})

  def final(self):
    r = self.r
    pick = r.random.random()
    if pick < 0.2:
      rows = [[r.int(-32, 32) / 8, r.int(-32, 32) / 8]
              for _ in range(r.int(1, 4))]
      fetches = {'symbol': 'output'}
      if r.chance(0.4):
        fetches = {'out': fetches, 'other': self.fetch(at_end=True)}
      options = {'finalOps': fetches, 'finalOpsFeedDict': {'x': rows}}
    else:
      depth = r.one(0, 0, 1, 2, 3)
      options = {'finalOps': r.nested(depth, lambda: self.fetch(at_end=True))}
    self.add('FinalOpsHook', options)

  def user(self):
    self.hooks.append(self.r.user(self.n))

  # Runs.

  def times(self, n):
    """Seconds for n steps: one way of passing time for all of them."""
    r = self.r
    styles = ['half', 'quarters', 'sixteenths', 'sixteenths', 'mixed']
    if self.has('StepCounterHook'):
      styles += ['long', 'tiny', 'any']
    else:
      styles += ['zeros']
    style = r.one(*styles)

    def one():
      if style == 'half':
        return 0.5
      if style == 'quarters':
        return r.one(0.25, 0.5, 0.75, 1)
      if style == 'sixteenths':
        return r.int(1, 40) / 16
      if style == 'mixed':
        return r.one(0.0625, 0.125, 0.5, 1, 2, 3, 0.1875, 10)
      if style == 'zeros':
        return r.one(0, 0, 0.5, 0.0625, 1)
      if style == 'long':
        return r.one(512, 1536, 2560, 1, 3, 30000, 1234567, 128, 4096)
      if style == 'tiny':
        return 2.0**-r.int(3, 20)
      return r.one(r.int(1, 99), r.int(1, 99) / 8, r.int(1, 5000) / 1024)

    return [plain(float(one())) for _ in range(n)]

  def moves(self, start):
    """Moves of other workers that reach every step waited for."""
    moves, total = [], start
    while total < self.wait:
      left = self.wait - total
      move = self.r.one(0, 1, left, self.r.int(0, max(1, left)), 1000, 1001, 400)
      if len(moves) > 12:
        move = left
      if left > 100000:
        move = left
      moves.append(move)
      total += move
    return moves

  def runs(self):
    """The runs of the scenario."""
    r = self.r
    count = r.one(1, 1, 1, 1, 1, 1, 2, 2, 2, 3)
    if any('begin' in h.get('throw', ()) for h in self.hooks) and r.chance(0.5):
      count = 1
    runs = []
    warnings = 0
    lowest = 0
    for i in range(count):
      steps = self.n if i == 0 or r.chance(0.5) else r.int(1, 12)
      if not self.metric_at_end and r.chance(0.04):
        steps = 0
      if self.stalled and self.has('StepCounterHook') and count > 1:
        # 5 warnings at most in all runs together.
        steps = min(steps, 6 - warnings, 3)
        warnings += max(0, steps - 1)
      start = self.start
      if i > 0:
        start = r.one(None, None, None, 0, self.start, r.int(0, 100))
        if self.stalled and self.wait and start is not None:
          start = max(start, self.wait)
      run = {
          'steps': steps,
          'globalStep': start,
          'losses': r.values(steps, finite=self.finite, small=self.small)
      }
      if self.has('NanTensorHook') and steps and not (self.finite or
                                                      self.small):
        if r.chance(0.6):
          run['losses'][r.int(0, steps - 1)] = 'NaN'
      if self.accs:
        run['accs'] = r.values(steps, finite=self.finite, small=self.small)
      if r.chance(0.25):
        run['before'] = self.times(steps)
      run['inside'] = self.times(steps)
      lowest = lowest if start is None else start
      moves = self.moves(lowest)
      if moves:
        run['moves'] = moves
      if r.chance(0.04) and steps:
        run['stepThrows'] = r.int(0, steps - 1)
      if r.chance(0.06) and any(
          hook['type'] in ('StopAtStepHook', 'User') for hook in self.hooks):
        run['runAfterStop'] = True
      runs.append(run)
    return runs


def without_vain_wishes(scenario):
  """The scenario without `runAfterStop` where the run did not stop."""
  for run in scenario.get('runs', ()):
    if 'again' not in run['want']:
      run.pop('runAfterStop', None)
  return scenario


def generate(seed, count):
  """Random scenarios, recorded."""
  source = Random(seed)
  scenarios = []
  skipped = 0
  while len(scenarios) < count:
    scenario = source.scenario(len(scenarios))
    try:
      scenarios.append(without_vain_wishes(record(scenario)))
    except ZeroDivisionError:
      skipped += 1  # a rate where no time passed: TensorFlow fails there
    except Exception:
      print('Failed in', json.dumps(scenario), file=sys.stderr)
      raise
  if skipped:
    print('%d scenarios drawn anew: no time passed.' % skipped, file=sys.stderr)
  return scenarios


# ------------------------------------------------------------------- the files


def load(path):
  with open(path, encoding='utf-8') as file:
    return json.load(file)['scenarios']


def save(path, scenarios):
  """Writes scenarios, one a line."""
  recorded_with = {'tensorflow': tf.__version__, 'numpy': np.__version__}

  def dump(x):
    return json.dumps(
        x, ensure_ascii=False, allow_nan=False, separators=(',', ':'))

  with open(path, 'w', encoding='utf-8') as file:
    file.write('{"recordedWith":%s,"scenarios":[\n' % dump(recorded_with))
    file.write(',\n'.join(dump(scenario) for scenario in scenarios))
    file.write('\n]}\n')


def differences(got, want, path=''):
  """Where two recordings differ, as lines."""
  if isinstance(got, dict) and isinstance(want, dict):
    lines = []
    for key in sorted({*got, *want}):
      if key not in got or key not in want:
        lines.append('%s/%s: %s' % (path, key, 'missing' if key in want else
                                    'unexpected %s' % json.dumps(got[key])))
      else:
        lines += differences(got[key], want[key], '%s/%s' % (path, key))
    return lines
  if isinstance(got, list) and isinstance(want, list) and len(got) == len(want):
    lines = []
    for i, (a, b) in enumerate(zip(got, want)):
      lines += differences(a, b, '%s/%d' % (path, i))
    return lines
  if got == want and isinstance(got, bool) == isinstance(want, bool):
    return []
  return ['%s: %s instead of %s' % (path, json.dumps(got), json.dumps(want))]


def replay(path):
  """Records the scenarios of a file anew, and compares."""
  recorded = []
  agree = 0
  scenarios = load(path)
  for scenario in scenarios:
    again = record(scenario)
    # As the file would hold it: a tuple is a list there.
    lines = differences(json.loads(json.dumps(again)), scenario)
    agree += not lines
    for line in lines:
      print('%s%s' % (scenario['id'], line))
    recorded.append(again)
  print('%d of %d scenarios agree.' % (agree, len(scenarios)))
  return recorded, agree == len(scenarios)


def main():
  parser = argparse.ArgumentParser(
      description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
  parser.add_argument('--seed', type=int, default=1)
  parser.add_argument('--count', type=int, default=100)
  parser.add_argument('--out', help='the file to write')
  parser.add_argument('--replay', help='a file of scenarios to record anew')
  arguments = parser.parse_args()
  if not arguments.out and not arguments.replay:
    parser.error('--out or --replay is needed')
  swap()
  ok = True
  if arguments.replay:
    scenarios, ok = replay(arguments.replay)
  else:
    scenarios = generate(arguments.seed, arguments.count)
  if arguments.out:
    save(arguments.out, scenarios)
  return 0 if ok else 1


if __name__ == '__main__':
  sys.exit(main())
