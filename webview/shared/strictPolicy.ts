import { z } from 'zod';

/*
 * The page forbids `eval`. Zod would try it once to see whether it may compile its schemas, and the browser would report
 * a violation. This file is imported before any file that makes a schema.
 */
z.config({ jitless: true });
