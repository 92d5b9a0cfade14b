import { workerData } from 'node:worker_threads';
import { memoryOf, type LoaderReply, type LoaderRequest, type LoaderTask } from './loaderMessages';
import { BatchMaker } from './supply';

/** The thread that makes batches while the training computes: one for each order, in turn. */
const { set, options, files, port } = workerData as LoaderTask;
const maker = new BatchMaker(set, options, files);

port.on('message', ({ order, buffers }: LoaderRequest) => {
  const reply = answer(order, buffers ?? maker.makeBuffers());
  port.postMessage(reply, 'buffers' in reply ? memoryOf(reply.buffers) : []);
});

function answer(order: LoaderRequest['order'], buffers: NonNullable<LoaderRequest['buffers']>): LoaderReply {
  try {
    return { batch: maker.make(order, buffers), buffers };
  } catch (error) {
    return { failure: error instanceof Error ? error.message : String(error) };
  }
}
