import type { LoadJob } from './load-job.ts';
import { serveParent } from './parent-channel.ts';
import { runLoad } from './run-load.ts';

// Only start-rig.ts asks.
serveParent((question) => runLoad(question as LoadJob));
