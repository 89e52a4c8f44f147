"""Reads for the specs, until standard input ends: TensorBoard, and its Python reader.

    python readers.py LOGDIR

Starts `tensorboard` on LOGDIR, and a server of JSON for what is asked of Python,
both on free ports of the loopback interface.  Prints one line of JSON with their
addresses once both are ready.
"""

import base64
import functools
import http.server
import importlib.util
import json
import math
import os
import re
import subprocess
import sys
import threading
import types

os.environ.setdefault('TF_CPP_MIN_LOG_LEVEL', '3')
os.environ.setdefault('CUDA_VISIBLE_DEVICES', '-1')


def start_tensorboard(logdir):
  """A running TensorBoard and its address."""
  process = subprocess.Popen(
      [os.path.join(os.path.dirname(sys.executable), 'tensorboard'),
       '--logdir', logdir, '--host', '127.0.0.1', '--port', '0',
       '--reload_interval', '1'],
      stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
      stderr=subprocess.PIPE, text=True)
  for line in process.stderr:
    found = re.search(r'at (http://127\.0\.0\.1:\d+)/', line)
    if found:
      # What follows is of no interest, but must not fill the pipe.
      threading.Thread(target=process.stderr.read, daemon=True).start()
      return process, found.group(1)
  raise RuntimeError('TensorBoard ended before it was ready.')


def plain(x):
  """What JSON can hold: int64 as strings, bytes in base64, and no NaN."""
  if isinstance(x, dict):
    return {key: plain(value) for key, value in x.items()}
  if isinstance(x, (list, tuple)):
    return [plain(value) for value in x]
  if isinstance(x, bytes):
    return {'base64': base64.b64encode(x).decode()}
  if isinstance(x, float) and not math.isfinite(x):
    return 'NaN' if math.isnan(x) else 'Infinity' if x > 0 else '-Infinity'
  return x


def accumulate(directory, module):
  """Everything that the `EventAccumulator` of a module finds in a directory."""
  from tensorboard.backend.event_processing import event_accumulator as public
  from tensorboard.backend.event_processing import plugin_event_accumulator as own
  from tensorboard.util import tensor_util
  event_accumulator = {'event_accumulator': public, 'plugin_event_accumulator': own}[module]
  everything = {kind: 0 for kind in event_accumulator.DEFAULT_SIZE_GUIDANCE}
  accumulator = event_accumulator.EventAccumulator(directory, everything)
  accumulator.Reload()
  summaries = []
  for tag in accumulator.Tags()['tensors']:
    metadata = accumulator.SummaryMetadata(tag)
    values = []
    for event in accumulator.Tensors(tag):
      array = tensor_util.make_ndarray(event.tensor_proto)
      values.append({
          'wallTime': event.wall_time,
          'step': str(event.step),
          'shape': list(array.shape),
          'dtype': str(array.dtype),
          'values': array.flatten().tolist(),
      })
    summaries.append({
        'tag': tag,
        'plugin': metadata.plugin_data.plugin_name,
        'description': metadata.summary_description,
        'values': values,
    })
  return summaries


def buckets(values, count):
  """The buckets of TensorBoard's own summary of a histogram."""
  import tensorflow as tf
  from tensorboard.plugins.histogram import summary_v2
  # pylint: disable=protected-access
  return summary_v2._buckets(
      tf.constant([float(v) for v in values], tf.float32), count).numpy().tolist()


def write_with_tensorflow(directory, values):
  """Scalars as `tf.summary` writes them."""
  import tensorflow as tf
  writer = tf.summary.create_file_writer(directory)
  with writer.as_default():
    for tag, value, step in values:
      tf.summary.scalar(tag, value, step)
  writer.close()


@functools.cache
def keras_loader():
  """What tensorflowjs loads models with: the whole package would import all that it converts."""
  origin = os.path.dirname(importlib.util.find_spec('tensorflowjs').origin)
  for name, folder in (('tensorflowjs', origin), ('tensorflowjs.converters', origin + '/converters')):
    module = types.ModuleType(name)
    module.__path__ = [folder]
    sys.modules[name] = module
  return importlib.import_module('tensorflowjs.converters.keras_tfjs_loader')


def keras_model(path, value):
  """What a saved model gives for a value, as tensorflowjs loads it."""
  import numpy as np
  return keras_loader().load_keras_model(path).predict(np.array(value), verbose=0).tolist()


def keras_graph(config):
  """The nodes that TensorBoard draws of a model, and what each is drawn behind."""
  from tensorboard.plugins.graph import keras_util
  graph = keras_util.keras_model_to_graph_def(json.loads(config))
  return {node.name: list(node.input) for node in graph.node}


CALLS = {f.__name__: f for f in (accumulate, buckets, write_with_tensorflow, keras_model, keras_graph)}


class Handler(http.server.BaseHTTPRequestHandler):
  """Calls a function by name: `[name, arguments...]`."""

  def do_POST(self):  # pylint: disable=invalid-name
    body = self.rfile.read(int(self.headers['Content-Length']))
    name, *arguments = json.loads(body)
    try:
      status, answer = 200, plain(CALLS[name](*arguments))
    except Exception as error:  # pylint: disable=broad-except
      status, answer = 500, '%s: %s' % (type(error).__name__, error)
    content = json.dumps(answer, allow_nan=False).encode()
    self.send_response(status)
    self.send_header('Content-Length', str(len(content)))
    self.end_headers()
    self.wfile.write(content)

  def log_message(self, *unused):  # pylint: disable=arguments-differ
    pass


def main():
  process, tensorboard = start_tensorboard(sys.argv[1])
  try:
    server = http.server.ThreadingHTTPServer(('127.0.0.1', 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    python = 'http://127.0.0.1:%d' % server.server_address[1]
    print(json.dumps({'tensorboard': tensorboard, 'python': python}), flush=True)
    sys.stdin.read()
  finally:
    process.terminate()
    process.wait()


if __name__ == '__main__':
  import signal
  # As at the end of the input: what was started ends too.
  signal.signal(signal.SIGTERM, lambda *unused: sys.exit(0))
  main()
